# clang-tidy and cppcheck. The first run is slow, later ones check only changed files.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/build.sh"
tidy=$ROOT/build-tidy
CC=clang build_setup "$tidy" -Dwerror=false
ninja -C "$tidy" build.ninja >/dev/null
part 'clang-tidy' python3 tests/lint/tidy.py "$tidy"

# cppcheck reads no system headers, so cppcheck.cfg defines the macros of sys/queue.h. varFuncNullUB is
# off, because NULL ends the arguments of our variadic functions. uninitvar is off, because compilers
# and clang-tidy report uninitialized values more precisely.
mkdir -p "$tidy/cppcheck"
out=$(cppcheck --enable=warning,performance,portability --inline-suppr --std=c11 --quiet \
	--suppress=missingIncludeSystem --suppress=pointerSize --suppress=varFuncNullUB \
	--suppress=uninitvar --library=tests/lint/cppcheck.cfg \
	--error-exitcode=1 --cppcheck-build-dir="$tidy/cppcheck" -j 2 \
	-I shared -I push-server -I api-fcgi shared api-fcgi fanout push-server ctl 2>&1)
code=$?
[ $code -eq 0 ] || printf '%s\n' "$out" | tail -n 60
result $code 'cppcheck finds nothing'
