# CUnit programs that need nothing but themselves.
. "$(dirname -- "$0")/lib.sh"
python3 tests/run/cunit.py "$BUILD" unit
