# CUnit programs that need no server, and the names that all programs define.
. "$(dirname -- "$0")/lib.sh"
part 'the unit tests' python3 tests/run/cunit.py "$BUILD" unit
part 'the names of libraries' python3 tests/lint/symbols.py "$BUILD"
