# Every setting of every program: its limits, a value past each, wrong types, all faults at
# once, files for secrets, misspelt names, and docs/settings.md.
. "$(dirname -- "$0")/lib.sh"
python3 tests/run/settings.py "${ES_BUILD_DIR:-$ROOT/build}" "$WORK"
