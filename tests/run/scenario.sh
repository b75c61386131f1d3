# Black-box scenarios against a whole stack of our own, and the API documents.
. "$(dirname -- "$0")/lib.sh"
BUILD=${ES_BUILD_DIR:-$ROOT/build}
bad=0
python3 tests/scenario/selftest.py || bad=1
python3 tests/api/selftest.py || bad=1
python3 tests/api/documents.py || bad=1
python3 tests/api/drift.py "$BUILD" || bad=1
private_stack || die 1 'the stack did not start'
python3 tests/scenario/run.py --env "$WORK/env" tests/scenario || bad=1
python3 tests/scenario/walk.py --env "$WORK/env" --build "$BUILD" || bad=1
python3 tests/scenario/concurrency.py --env "$WORK/env" || bad=1
python3 tests/scenario/stalled.py --env "$WORK/env" || bad=1
# a program that died on the way is a failure even when every scenario was content
deaths=$("$ROOT/dev" status -o json | tr ',' '\n' | sed -n 's/.*"deaths":\([0-9]*\).*/\1/p' | paste -sd+ -)
[ "$((deaths))" -eq 0 ]
result $? "no program died ($deaths)" || true
[ $bad -eq 0 ] || tail -n 5 "$LOG"/*.log
exit $bad
