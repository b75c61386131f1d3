# Check the query plans of all statements on a database with a million messages. The number of rows that a plan
# reads must not grow with the tenant.
. "$(dirname -- "$0")/lib.sh"
private_database
"$PGBIN/psql" -X -q -h "$RUN/pg" -U postgres -d echostream -f tests/plans/load.sql \
	>"$WORK/load.log" 2>&1 || {
	cat "$WORK/load.log"
	die 1 'cannot load the database of the plans'
}
part 'the plans' python3 tests/plans/plans.py "$BUILD" "$PGBIN/psql" "$RUN/pg"
