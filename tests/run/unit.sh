# CUnit programs that need no server. Then a check that no global name of ours is also one of a library.
. "$(dirname -- "$0")/lib.sh"
part 'the unit tests' python3 tests/run/cunit.py "$BUILD" unit
part 'the names of libraries' python3 tests/lint/symbols.py "$BUILD"
