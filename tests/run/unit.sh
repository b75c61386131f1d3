# Run the CUnit programs that need no server. Then check that no library has a global name of ours.
. "$(dirname -- "$0")/lib.sh"
part 'the unit tests' python3 tests/run/cunit.py "$BUILD" unit
part 'the names of libraries' python3 tests/lint/symbols.py "$BUILD"
