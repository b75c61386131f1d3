# Run each libFuzzer target for a few seconds: first its corpus, then new inputs.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
[ -f tests/fuzz/meson.build ] || {
	skip fuzz 'no targets'
	exit 0
}
BUILD=$ROOT/build-fuzz
CC=clang build_setup "$BUILD" -Dfuzz=true -Db_lundef=false -Dwerror=false
ninja -C "$BUILD" build.ninja >/dev/null
# shellcheck disable=SC2046
build_run "$BUILD" $(ninja -C "$BUILD" -t targets all | sed -n 's,^\(tests/fuzz/fuzz_[a-z_]*\):.*,\1,p')
# run_target TARGET: print its log and the failing input, if any, then its result
run_target() {
	name=${1##*/}
	mkdir "$WORK/$name" "$WORK/$name.found"
	set -- "$1" "$WORK/$name"
	[ -d "tests/fuzz/corpus/$name" ] && set -- "$@" "tests/fuzz/corpus/$name"
	[ -f "tests/fuzz/$name.dict" ] && set -- "$@" -dict="tests/fuzz/$name.dict"
	"$@" -max_total_time="${ES_FUZZ_S:-5}" -timeout=10 -rss_limit_mb=1024 -verbosity=0 \
		-artifact_prefix="$WORK/$name.found/" >"$WORK/$name.log" 2>&1
	code=$?
	[ $code -eq 0 ] || tail -n 40 "$WORK/$name.log"
	for found in "$WORK/$name.found"/*; do
		[ -f "$found" ] && say "input: $(base64 -w0 "$found" | head -c 2000)"
	done
	result $code "$name"
}

# Run two targets at a time, and print the output of each in one piece.
set --
for target in "$BUILD"/tests/fuzz/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] && set -- "$@" "$target"
done
while [ $# -gt 0 ]; do
	(run_target "$1") >"$WORK/one" 2>&1 &
	[ $# -eq 1 ] || (run_target "$2") >"$WORK/two" 2>&1
	wait $!
	cat "$WORK/one"
	[ $# -eq 1 ] || cat "$WORK/two"
	shift
	[ $# -eq 0 ] || shift
done
