# Black-box scenarios against a whole stack of our own.
. "$(dirname -- "$0")/lib.sh"
private_stack || die 1 'the stack did not start'
python3 tests/scenario/run.py --env "$WORK/env" tests/scenario
code=$?
# a program that died on the way is a failure even when every scenario was content
deaths=$("$ROOT/dev" status -o json | tr ',' '\n' | sed -n 's/.*"deaths":\([0-9]*\).*/\1/p' | paste -sd+ -)
say "deaths: $deaths"
[ $code -eq 0 ] || tail -n 5 "$LOG"/*.log
exit $code
