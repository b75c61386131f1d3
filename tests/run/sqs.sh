# Test the queue's contract on SQS. tests/sqs/server.mjs runs fauxqs from npm, checks signatures and makes
# faults on demand. The suite is skipped when npm is unreachable and the cache is empty.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/sqs.sh"
sqs_find || {
	skip sqs "${sqs_lost:-no SQS server}"
	exit 0
}
SQS_VISIBILITY_S=1 "$NODE" tests/sqs/server.mjs "$SQS_FOLDER" 0 "$SQS_QUEUES" >"$WORK/sqs.log" 2>&1 &
server=$!
trap 'code=$?; kill $server 2>/dev/null; suite_end $code' EXIT
limit=$(($(date +%s) + 60))
until grep -q '^ready ' "$WORK/sqs.log"; do
	kill -0 $server 2>/dev/null && [ "$(date +%s)" -lt $limit ] || {
		cat "$WORK/sqs.log"
		die 1 'the SQS server did not start'
	}
	sleep 0.1
done
read -r _ ES_TEST_SQS_ENDPOINT ES_TEST_SQS_QUEUES <"$WORK/sqs.log"
export ES_TEST_SQS_ENDPOINT ES_TEST_SQS_QUEUES
python3 tests/run/cunit.py "$BUILD" sqs
