# Break an installation in many ways, on a private PostgreSQL, Redis and SQS. Each program must name
# the cause in its log and in /readyz, and so must `echostreamctl check`.
. "$(dirname -- "$0")/lib.sh"
. "$ROOT/packaging/dev/sqs.sh"
private_database
private redis
printf '%s\n%s\n' 'local all locked scram-sha-256' "$(cat "$PGDATA/pg_hba.conf")" >"$WORK/hba"
cat "$WORK/hba" >"$PGDATA/pg_hba.conf"
pg_sql postgres -c "create role locked login password 'right'" -c 'select pg_reload_conf()' \
	>/dev/null || die 1 'cannot make a role with a password'
if sqs_find; then
	: >"$WORK/sqs.log"
	SQS_PORT=$(random_port)
	SQS_ACCESS_KEY=AKDEV SQS_SECRET_KEY=right-key-of-the-test \
		"$NODE" tests/sqs/server.mjs "$SQS_FOLDER" "$SQS_PORT" "$SQS_QUEUES" >"$WORK/sqs.log" 2>&1 &
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
	eval "$(sqs_env | grep '^ES_SQS')"
	export ES_SQS_QUEUE_URLS ES_SQS_ENDPOINT ES_SQS_REGION
else
	say "no SQS server: ${sqs_lost:-}"
fi
export ES_TEST_RUN="$RUN" ES_TEST_PSQL="$PGBIN/psql" ES_TEST_REDIS_CLI="$REDIS_CLI"
python3 tests/run/causes.py "$BUILD" "$WORK"
