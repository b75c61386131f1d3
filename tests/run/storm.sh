# Thousands of clients lose their sockets at the same time. They must reconnect in time and miss no event. The
# suite counts the SQL statements of the reconnects (pg_stat_statements), and fails above a maximum.
. "$(dirname -- "$0")/lib.sh"
export ES_TEST_PG_PRELOAD=pg_stat_statements
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
part 'many reactions' python3 tests/storm/reactions.py --env "$WORK/env" --build "$BUILD" \
	--clients "${ES_TEST_STORM_REACTIONS:-2000}"
part 'many reconnects' python3 tests/storm/run.py --env "$WORK/env" --build "$BUILD" \
	--clients "${ES_TEST_STORM_CLIENTS:-10000}" --cuts "${ES_TEST_STORM_CUTS:-reset,no_backoff,kill,drain}"
