# echostreamctl db on a real PostgreSQL: migrations are applied, refused and rolled back, by the right
# role only.
. "$(dirname -- "$0")/lib.sh"
private postgres
CTL=$(program_binary ctl)
ADMIN="host=$RUN/pg user=postgres"

# database NAME: create the database again, with its roles, and export the owner's address
database() {
	pg_sql postgres -c "drop database if exists $1" -c "create database $1" &&
		pg_sql "$1" -f db/roles.sql || die 1 "cannot make the database $1"
	export ES_DATABASE_OWNER_URL="postgresql://echostream_owner@/$1?host=$RUN/pg"
}

# same NAME EXPECTED GOT: check that two texts are equal
same() {
	if [ "$2" = "$3" ]; then
		result 0 "$1"
	else
		say "expected $2, got $3"
		result 1 "$1"
	fi
}

# expect STATUS PATTERN NAME ctl-args...: check the exit status, and that a line of the output matches
expect() {
	want=$1 pattern=$2 name=$3
	shift 3
	"$CTL" db "$@" >"$WORK/out" 2>&1
	got=$?
	if [ $got -eq "$want" ] && grep -q -e "$pattern" "$WORK/out"; then
		result 0 "$name"
	else
		result 1 "$name"
		sed "s/^/    exit $got: /" "$WORK/out"
	fi
}

# A managed PostgreSQL gives its customers no superuser. The role `master` stands for Aurora's master user.
# This test runs first, because `master` must create the login roles. `master` then runs roles.sql again,
# as each rollout does.
pg_sql postgres -c 'create role master login createrole createdb' || die 1 'cannot make the role master'
as_master() {
	"$PGBIN/psql" -X -q -v ON_ERROR_STOP=1 "host=$RUN/pg user=master dbname=$1" <"$2" >"$WORK/out" 2>&1
}
echo 'create database managed' >"$WORK/managed.sql"
as_master postgres "$WORK/managed.sql" && as_master managed db/roles.sql && as_master managed db/roles.sql
result $? 'a master user that is no superuser runs roles.sql, twice'
sed 's/^/    /' "$WORK/out"
same 'afterwards the master user has no rights of the owner' f \
	"$(pg_sql managed -Atc "select pg_has_role('master', 'echostream_owner', 'usage')")"
ES_DATABASE_OWNER_URL="postgresql://echostream_owner@/managed?host=$RUN/pg"
export ES_DATABASE_OWNER_URL
expect 0 'migrations applied' 'the owner role that the master user made can migrate' migrate

# files NAME...: make a folder $DIR with one migration for each table NAME, and beside $DIR an empty
# folder of functions
files() {
	DIR=$WORK/files/migrations
	rm -rf "$WORK/files"
	mkdir -p "$DIR" "$WORK/files/functions"
	number=0
	for table in "$@"; do
		number=$((number + 1))
		printf -- '-- migrate:up\nCREATE TABLE %s (a int);\n-- migrate:down\nDROP TABLE %s;\n' \
			"$table" "$table" >"$DIR/2026010100000${number}_make_$table.sql"
	done
}

dump() {
	"$PGBIN/pg_dump" -h "$RUN/pg" -U postgres -d "$1" --schema-only -T schema_migration_meta |
		grep -v -e '^\\restrict' -e '^\\unrestrict'
}

# functions: print text, owner and grants of each function in the database scratch
functions() {
	pg_sql scratch -c "select pg_get_functiondef(p.oid), proowner::regrole,
		(select string_agg(a::text, ' ' order by a::text) from unnest(proacl) a)
		from pg_proc p where pronamespace = 'public'::regnamespace order by p.oid::regprocedure::text"
}

# The project's own migrations: up, down, up makes the same schema as the first up.
database scratch
expect 0 '^0 applied, [1-9][0-9]* pending' 'status before the first migration' status
expect 1 'not applied' 'verify before the first migration' verify
expect 0 'migrations applied' 'migrate applies all migrations' migrate
dump scratch >"$WORK/first"
expect 0 '^up to date' 'migrate again does nothing' migrate
expect 0 ', 0 pending' 'status after migrate' status
expect 0 'applied, as in' 'verify after migrate' verify
expect 0 '^new epoch ' 'recovered begins a new epoch' recovered
expect 2 'add --yes' 'rollback asks for --yes' rollback all
expect 0 '^reverted' 'rollback of all' rollback all --yes
same 'rollback of all leaves no object' '' "$(pg_sql scratch -c "
	select relname from pg_class where relnamespace = 'public'::regnamespace
	and relkind = 'r' and relname not like 'schema_migration%'
	union all select proname from pg_proc where pronamespace = 'public'::regnamespace
	union all select grantee || privilege_type from information_schema.usage_privileges
	where grantee like 'es\\_%'")"
expect 0 'migrations applied' 'migrate after the rollback of all' migrate
dump scratch >"$WORK/second"
diff "$WORK/first" "$WORK/second"
result $? 'up, down, up makes the same schema'

# Check that the database has the functions of db/functions.
functions >"$WORK/functions.loaded"
{
	echo 'SET check_function_bodies = off;'
	echo 'GRANT CREATE ON SCHEMA public TO es_batch, es_lookup, es_operator;'
	cat db/functions/*.sql
	echo 'REVOKE CREATE ON SCHEMA public FROM es_batch, es_lookup, es_operator;'
} | "$PGBIN/psql" -X -q -1 -v ON_ERROR_STOP=1 "$ES_DATABASE_OWNER_URL"
result $? 'psql loads db/functions, as db/README.md says'
functions | diff "$WORK/functions.loaded" -
result $? 'psql loads the same functions as echostreamctl'
pg_sql scratch -c "select distinct proname || '.sql' collate \"C\" from pg_proc
	where pronamespace = 'public'::regnamespace order by 1" >"$WORK/names"
(cd db/functions && LC_ALL=C ls) | diff - "$WORK/names"
result $? 'each function has a file, each file a function'
versions() { pg_sql scratch -c "select oid, xmin from pg_proc where proname like 'es\\_%' order by 1"; }
versions >"$WORK/versions"
expect 0 '^up to date' 'migrate without changes' migrate
versions | diff "$WORK/versions" -
result $? 'migrate without changes writes no function'

pg_sql scratch -c 'create or replace function es_epoch() returns uuid language sql as $$ select null::uuid $$' \
	-c 'revoke execute on function es_heads from echostream_app' \
	-c 'create function es_left() returns int language sql as $$ select 1 $$'
for said in 'differs from its file: es_epoch' 'differs from its file: es_heads' 'no file has the function es_left()'; do
	expect 1 "$said" "verify: $said" verify
done
expect 0 '^loaded es_epoch' 'a function that was changed by hand is loaded again' migrate
pg_sql scratch -c 'drop function es_left' \
	-c 'create function es_heads(x int) returns int language sql as $$ select 1 $$'
expect 0 '^loaded es_heads' 'an overload that no file has is dropped' migrate
functions | diff "$WORK/functions.loaded" -
result $? 'the loaded function has its text, owner and grants'

rm -rf "$WORK/db"
cp -r db "$WORK/db"
DIR=$WORK/db/migrations
sed -i 's/RETURNS uuid/RETURNS text/; s/SELECT epoch/SELECT epoch::text/' "$WORK/db/functions/es_epoch.sql"
expect 0 '^loaded es_epoch' 'a function with another type of result replaces the old one' migrate --dir "$DIR"
expect 0 'files of functions loaded' 'the new function has its owner and grants' verify --dir "$DIR"
pg_sql scratch -c 'create role stranger' -c 'alter function es_recovered owner to stranger'
expect 0 '^loaded es_recovered' 'a function of another owner is created again' migrate
pg_sql scratch -c 'drop role stranger'
sed -i 's/STABLE/VOLATILE/' "$WORK/db/functions/es_heads.sql"
sed -i 's/^REVOKE/REVOOKE/' "$WORK/db/functions/es_recovered.sql"
functions >"$WORK/functions.before"
expect 1 "/db/functions/es_recovered.sql:$(grep -n REVOOKE "$WORK/db/functions/es_recovered.sql" | cut -d: -f1): syntax" \
	'a fault in a file of functions is reported with its line' migrate --dir "$DIR"
functions | diff "$WORK/functions.before" -
result $? 'after a fault no function is loaded'
cp db/functions/*.sql "$WORK/db/functions"
echo '-- nothing' >"$WORK/db/functions/es_none.sql"
expect 1 'es_none.sql: creates no function es_none' 'a file without its function is refused' migrate --dir "$DIR"
rm "$WORK/db/functions/es_none.sql"
sed -i 's/STABLE/VOLATILE/' "$WORK/db/functions/es_heads.sql"
rm "$(printf '%s\n' "$DIR"/*.sql | tail -n 1)"
expect 0 'functions: not loaded, the database is newer' 'an older release loads no functions' migrate --dir "$DIR"
functions | diff "$WORK/functions.loaded" -
result $? 'the functions stay those of the newer release'
rm -rf "$WORK/db/functions"
expect 1 '/functions: No such file' 'a folder without functions is refused' migrate --dir "$DIR"
expect 0 'functions stay as they are' 'rollback of one leaves functions' rollback 1 --yes
functions | diff "$WORK/functions.loaded" -
result $? 'rollback of one changes no function'

# Older programs read a limit of 0 as "no limit". The rollback therefore turns 0 into 1: otherwise a
# tenant that may send nothing could send without a limit. A tenant without a limit stays without.
database scratch
expect 0 'functions: not loaded before migration' 'migrate to the version before limits of 0' migrate --to 20261129040300
pg_sql scratch -c "insert into tenants (id, name, max_channels, max_messages_per_second, settings)
	select ('00000000-0000-7000-8000-00000000000' || n)::uuid, 't' || n, 5, rate, settings
	from (values (1, 0, '{\"user_send_limit\": 0}'::jsonb), (2, null, '{\"user_send_limit\": null}'),
	(3, 7, '{\"user_send_limit\": 7}'), (4, 7, '{}')) t (n, rate, settings)" >/dev/null
expect 0 '^reverted' 'rollback of limits of 0' rollback 1 --yes
pg_sql scratch -c "select max_messages_per_second, settings ->> 'user_send_limit' from tenants
	order by id" >"$WORK/limits"
printf '1|1\n0|0\n7|7\n7|\n' | diff - "$WORK/limits"
result $? 'a limit of 0 becomes 1, no limit stays no limit'

# echostreamctl db refuses a superuser, a missing address, a missing server and an unknown option.
ES_DATABASE_OWNER_URL="postgresql://postgres@/scratch?host=$RUN/pg" \
	expect 1 'superuser' 'a superuser may not migrate' migrate
ES_DATABASE_OWNER_URL='' expect 78 'ES_DATABASE_OWNER_URL' 'migrate without an address is refused' migrate
ES_DATABASE_OWNER_URL="host=$WORK user=x" expect 1 'No such file' 'migrate without a server is refused' migrate
expect 2 'options are' 'an unknown option is refused' migrate --force

# Migration files that were edited, are missing or are invalid.
database scratch
files one two
expect 0 '2 migrations applied' 'migrate applies two files' migrate --dir "$DIR"
echo '-- edited' >>"$DIR/20260101000001_make_one.sql"
expect 1 '_make_one.sql: edited after it was applied' 'an edited file is refused' migrate --dir "$DIR"
expect 0 '^edited .*_make_one' 'status lists an edited file' status --dir "$DIR"
expect 1 '_make_one.sql: edited' 'verify finds an edited file' verify --dir "$DIR"
expect 1 '_make_one.sql: edited' 'rollback refuses an edited file' rollback --yes --dir "$DIR"
was=$(sed '$d' "$DIR/20260101000001_make_one.sql" | sha256sum | cut -c1-64)
sed -i "1i -- echostream:was $was" "$DIR/20260101000001_make_one.sql"
expect 0 '2 migrations applied, as in' 'a file that names its earlier checksum is not edited' verify --dir "$DIR"
files one
expect 0 'newer than these files' 'migrate reports a missing file' migrate --dir "$DIR"
expect 0 '^missing ' 'status lists a missing file' status --dir "$DIR"
expect 1 'missing in' 'verify finds a missing file' verify --dir "$DIR"
expect 1 'cannot be reverted' 'rollback refuses a missing file' rollback --yes --dir "$DIR"

database scratch
files one two
sed -i 's/^CREATE TABLE two/CREATE TABLE half (a int);\nCREATE TABEL two/' "$DIR"/*_make_two.sql
expect 1 '_make_two.sql:3: syntax error' 'a syntax error is reported with its line' migrate --dir "$DIR"
sed -i 's/TABEL two (a int)/TABLE two (a nonsense)/' "$DIR"/*_make_two.sql
expect 1 '_make_two.sql:3: type "nonsense"' 'an unknown type is reported with its line' migrate --dir "$DIR"
same 'a failed file leaves nothing behind, the file before it stays applied' 't|t|1' \
	"$(pg_sql scratch -c "select to_regclass('one') is not null, to_regclass('half') is null,
	(select count(*) from schema_migrations)")"

# Migrate up to a version, as a rolling upgrade does.
database scratch
files one two three
expect 1 'unknown version; no migration has it' 'an unknown version is refused' migrate --dir "$DIR" --to 20260101000009
expect 0 '^2 migrations applied' 'migrate --to applies migrations up to a version' migrate --dir "$DIR" --to 20260101000002
expect 0 '^2 applied, 1 pending' 'migrate --to applies no later migration' status --dir "$DIR"
expect 0 '^up to date' 'migrate --to an applied version does nothing' migrate --dir "$DIR" --to 20260101000001
expect 0 '^1 migration applied' 'migrate then applies the rest' migrate --dir "$DIR"

# A migration outside a transaction.
database scratch
files one
printf -- '-- migrate:up transaction:false\nCREATE INDEX CONCURRENTLY IF NOT EXISTS i ON one (a);\n-- migrate:down\nDROP INDEX i;\n' \
	>"$DIR/20260101000002_index_one.sql"
expect 0 '2 migrations applied' 'a migration without a transaction creates an index concurrently' migrate --dir "$DIR"

# A migration that dbmate has applied.
pg_sql scratch -c 'drop table schema_migration_meta'
expect 0 '^applied   -' 'status lists migrations of another tool as applied' status --dir "$DIR"
expect 0 '^up to date' 'migrate does not apply migrations of another tool again' migrate --dir "$DIR"

# Two runs at the same time apply each file once.
database scratch
for run in 1 2; do
	"$CTL" db migrate >"$WORK/run$run" 2>&1 &
	eval "run$run=\$!"
done
wait "$run1" && wait "$run2"
result $? 'two runs at the same time both succeed'
same 'two runs at the same time apply each file once' "$(ls db/migrations/*.sql | wc -l)" \
	"$(cat "$WORK/run1" "$WORK/run2" | grep -c '^applied')"

# Another session holds a lock on the table for a while.
database scratch
files one
expect 0 '1 migration applied' 'migrate creates the table to be locked' migrate --dir "$DIR"
printf -- '-- migrate:up\nALTER TABLE one ADD b int;\n-- migrate:down\nALTER TABLE one DROP b;\n' \
	>"$DIR/20260101000002_alter_one.sql"
mkfifo "$WORK/hold"
"$PGBIN/psql" -X -q "$ADMIN dbname=scratch" <"$WORK/hold" >/dev/null 2>&1 &
holder=$!
exec 8>"$WORK/hold"
echo 'begin; lock table one;' >&8
until [ "$(pg_sql scratch -c "select count(*) from pg_locks where relation = 'one'::regclass
	and mode = 'AccessExclusiveLock' and granted")" = 1 ]; do sleep 0.05; done
"$CTL" db migrate --dir "$DIR" >"$WORK/out" 2>&1 8>&- &
migrator=$!
until grep -q 'trying again' "$WORK/out"; do
	kill -0 $migrator 2>/dev/null || break
	sleep 0.05
done
exec 8>&-
wait $holder
wait $migrator
result $? 'migrate waits for a lock that another session releases'
sed 's/^/    /' "$WORK/out"
grep -q 'another session holds a lock, trying again' "$WORK/out"
result $? 'migrate tries again instead of queueing for the lock'
