# docker-compose.yml, .env.example and the Dockerfile agree with each other and with the settings. The
# suite `images` runs them. Skipped when Docker Compose is not available.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/packages.sh"
. "$ROOT/packaging/dev/compose.sh"
. "$ROOT/packaging/dev/sqs.sh"
compose_find || {
	skip compose "$compose_lost"
	exit 0
}
export COMPOSE SQS_FAUXQS SQS_QUEUES
part 'compose' python3 tests/images/compose.py "$WORK"
