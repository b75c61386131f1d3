# Black box, on a whole stack of our own: the scenarios, a walk over the tables of routes
# and frames, ten senders at once, reads while commits stall, metrics as Prometheus wants.
. "$(dirname -- "$0")/lib.sh"
# Half of these wait for commits, the rest answer 202: room for several scenarios at once.
export ES_API_SEND_WORKERS=16
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
python3 tests/scenario/run.py --env "$WORK/env" tests/scenario
python3 tests/scenario/walk.py --env "$WORK/env" --build "$BUILD"
python3 tests/scenario/concurrency.py --env "$WORK/env"
python3 tests/scenario/stalled.py --env "$WORK/env"
python3 tests/scenario/metrics.py --env "$WORK/env"
# a program that died on the way is a failure even when every scenario was content
deaths=$("$ROOT/dev" status -o json | grep -o '"deaths":[0-9]*' | cut -d: -f2 | paste -sd+ -)
[ "$((${deaths:-1}))" -eq 0 ]
code=$?
[ $code -eq 0 ] || grep -A 12 ' ended after ' "$LOG/up.log"
result $code 'no program died on the way'
