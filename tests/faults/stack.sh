# Starts the stack of a run of faults. Scripts read this file after tests/run/lib.sh.

# faults_stack QUEUE: start a private stack with that queue. Write the stack's settings to $WORK/env and
# export them.
faults_stack() {
	suite_queue=$1
	export ES_API_SEND_WORKERS=16
	if [ "$1" = sqs ]; then
		# shellcheck source=/dev/null
		. "$ROOT/packaging/dev/sqs.sh"
		sqs_find || {
			skip "faults on sqs" "${sqs_lost:-no SQS server} [36 checks]"
			exit 0
		}
		# SQS delivers the messages of a killed fanout again after SQS_VISIBILITY_S, which the limits
		# of the kinds include (flt/queue_sqs.py). The programs use the keys of a role, because a test
		# can replace such keys while the programs run.
		SQS_VISIBILITY_S=3 ES_TEST_SQS_KEYS=role
		export SQS_VISIBILITY_S ES_TEST_SQS_KEYS
	fi
	${faults_start:-private_stack} || die 1 'the stack did not start'
	load_env "$WORK/env"
}
