# clang-tidy and cppcheck. Slow the first time, then only what changed.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
tidy=$ROOT/build-tidy
CC=clang build_setup "$tidy" -Dwerror=false
ninja -C "$tidy" build.ninja >/dev/null
part 'clang-tidy' python3 tests/lint/tidy.py "$tidy"

# It reads no system headers, so sys/queue.h's heads are told; NULL at the end of variadic
# text calls is by their contract; compilers and the analyzer see uninitialized values better.
mkdir -p "$tidy/cppcheck"
out=$(cppcheck --enable=warning,performance,portability --inline-suppr --std=c11 --quiet \
	--suppress=missingIncludeSystem --suppress=pointerSize --suppress=varFuncNullUB \
	--suppress=uninitvar --library=tests/lint/cppcheck.cfg \
	--error-exitcode=1 --cppcheck-build-dir="$tidy/cppcheck" -j 2 \
	-I shared -I push-server -I api-fcgi shared api-fcgi fanout push-server ctl 2>&1)
code=$?
[ $code -eq 0 ] || printf '%s\n' "$out" | tail -n 60
result $code 'cppcheck has nothing to say'
