# Each libFuzzer target for a few seconds: its corpus, then new inputs.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
[ -f tests/fuzz/meson.build ] || {
	skip fuzz 'no targets yet'
	exit 0
}
BUILD=$ROOT/build-fuzz
CC=clang build_setup "$BUILD" -Dfuzz=true -Db_lundef=false -Dwerror=false
ninja -C "$BUILD" build.ninja >/dev/null
# shellcheck disable=SC2046
build_run "$BUILD" $(ninja -C "$BUILD" -t targets all | sed -n 's,^\(tests/fuzz/fuzz_[a-z_]*\):.*,\1,p')
for target in "$BUILD"/tests/fuzz/fuzz_*; do
	[ -f "$target" ] && [ -x "$target" ] || continue
	name=${target##*/}
	mkdir "$WORK/$name"
	set -- "$WORK/$name"
	[ -d "tests/fuzz/corpus/$name" ] && set -- "$@" "tests/fuzz/corpus/$name"
	dict=tests/fuzz/$name.dict
	[ -f "$dict" ] && set -- -dict="$dict" "$@"
	"$target" -max_total_time="${ES_FUZZ_S:-5}" -timeout=5 -rss_limit_mb=1024 -verbosity=0 \
		-artifact_prefix="$WORK/" "$@" >"$WORK/$name.log" 2>&1
	code=$?
	if [ $code -ne 0 ]; then
		tail -n 40 "$WORK/$name.log"
		for found in "$WORK"/crash-* "$WORK"/timeout-* "$WORK"/oom-*; do
			[ -f "$found" ] && say "input: $(base64 -w0 "$found" | head -c 2000)"
		done
		rm -f "$WORK"/crash-* "$WORK"/timeout-* "$WORK"/oom-*
	fi
	result $code "$name"
done
