# CUnit programs that need nothing but themselves; and the names that all programs define.
. "$(dirname -- "$0")/lib.sh"
python3 tests/run/cunit.py "$BUILD" unit
python3 tests/lint/symbols.py "$BUILD"
