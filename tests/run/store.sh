# CUnit programs on a real, migrated PostgreSQL, with the role of the programs.
. "$(dirname -- "$0")/lib.sh"
private_database
private redis
export ES_TEST_REDIS_URL="unix://$RUN/redis.sock"
part 'the stores' python3 tests/run/cunit.py "$BUILD" store
code=$?

# During an upgrade the new programs start before contracting migrations run. So test the stores on
# the schema of DB_STORE_VERSION, too.
least=$(sed -n 's/^#define DB_STORE_VERSION "\(.*\)"/\1/p' shared/store/db_store.h)
newest=$(basename "$(printf '%s\n' db/migrations/*.sql | tail -n 1)" | cut -c1-14)
[ "$least" = "$newest" ] && exit $code
pg_sql postgres -c 'create database least' && pg_sql least -f db/roles.sql || die 1 'cannot make the database least'
export ES_TEST_DATABASE_URL="postgresql://echostream_app@/least?host=$RUN/pg"
export ES_TEST_OWNER_URL="postgresql://echostream_owner@/least?host=$RUN/pg"
ES_DATABASE_OWNER_URL=$ES_TEST_OWNER_URL "$(program_binary ctl)" db migrate --to "$least" \
	>"$WORK/migrate.log" 2>&1 || {
	cat "$WORK/migrate.log"
	die 1 "echostreamctl db migrate --to $least failed"
}
python3 tests/run/cunit.py "$BUILD" store >"$WORK/least"
least_code=$?
# This second run repeats the checks of the first. Print one result for all checks that pass, so that
# tests/budget counts each check once.
sed -e '/^ok /d' -e 's/^\(not ok\|skip\) /&before the contracting migrations: /' "$WORK/least"
part_judge 'the stores before the contracting migrations' $least_code "$WORK/least"
if [ $least_code -eq 0 ]; then
	result 0 "the stores on the schema of DB_STORE_VERSION, $least"
else
	code=1
fi
exit $code
