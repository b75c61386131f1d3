# Repeat the scenarios and the ten senders on a stack with SQS as the queue (fauxqs from npm).
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/sqs.sh"
sqs_find || {
	skip scenario-sqs "${sqs_lost:-no SQS server}"
	exit 0
}
suite_queue=sqs
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
part 'the scenarios' python3 tests/scenario/run.py --env "$WORK/env" --schemas api tests/scenario
part 'ten senders' python3 tests/scenario/concurrency.py --env "$WORK/env" --schemas api
grep -h -A 12 ' ended after ' "$LOG/up.log"
[ "$(grep -c ' ended after ' "$LOG/up.log")" -eq 0 ] &&
	! grep -hE 'CHECK failed|"msg":"worker ended".*"signal":(4|6|7|8|11),' "$LOG"/*.log
result $? 'no program and no worker crashed'
