# Test a whole stack whose programs reach PostgreSQL through PgBouncer in transaction mode. Then check
# the errors of programs whose settings do not name the pooler.
. "$(dirname -- "$0")/lib.sh"
have pgbouncer || {
	skip pooler 'pgbouncer is not installed'
	exit 0
}

POOL_SIZE=6
bouncers=''
# bouncer NAME [LINE...]: start a PgBouncer as PostgreSQL's user, with these further lines of
# settings. Its socket and all its files are in $WORK/NAME; it listens on no port.
bouncer() {
	folder=$WORK/$1
	shift
	mkdir -p "$folder"
	{
		cat <<END
[databases]
echostream = host=$RUN/pg ${bouncer_database:-}
[pgbouncer]
listen_addr =
listen_port = 5432
unix_socket_dir = $folder
auth_type = trust
auth_file = $folder/users
admin_users = postgres
pool_mode = transaction
default_pool_size = $POOL_SIZE
max_client_conn = 300
; transactions take turns on all sessions, so that no client keeps a session by chance
server_round_robin = 1
END
		printf '%s\n' "$@"
	} >"$folder/ini"
	printf '"%s" ""\n' echostream_app echostream_owner postgres >"$folder/users"
	set -- pgbouncer "$folder/ini"
	is_root && {
		chown -R "$PG_USER:" "$folder"
		set -- setpriv --reuid="$PG_USER" --regid="$PG_USER" --clear-groups -- "$@"
	}
	(cd / && exec setsid "$@") >>"$folder.log" 2>&1 </dev/null &
	bouncers="$bouncers $!"
	limit=$(($(date +%s) + 30))
	until bouncer_ask "$folder" 'SHOW VERSION' >/dev/null 2>&1; do
		[ "$(date +%s)" -lt $limit ] || {
			cat "$folder.log"
			die 1 'PgBouncer did not start'
		}
		sleep 0.1
	done
}

# bouncer_ask FOLDER COMMAND: run COMMAND on PgBouncer's console
bouncer_ask() {
	"$PGBIN/psql" -X -q -At -h "$1" -U postgres -d pgbouncer -c "$2"
}
# shellcheck disable=SC2086
trap 'code=$?; kill $bouncers 2>/dev/null; suite_end $code' EXIT


env_folders
pg_find
pgbouncer -V | head -n 1
bouncer pooler
export ES_DEV_DATABASE_HOST="$WORK/pooler" ES_DATABASE_POOLER=transaction
# Start more workers than this stack needs, so that many workers share few sessions.
export ES_PUSH_WORKERS=12 ES_FANOUT_WORKERS=6
private_stack || die 1 'the stack did not start'
load_env "$WORK/env"
part '24 clients' python3 tests/scenario/concurrency.py --env "$WORK/env" --clients 24 --rest 8 --count 40
store_programs() {
	env ES_TEST_POOLED=yes ES_TEST_OWNER_URL="$ES_DATABASE_OWNER_URL" \
		ES_TEST_DATABASE_URL="$ES_DATABASE_URL" ES_TEST_ADMIN_URL="$ES_DATABASE_ADMIN_URL" \
		ES_TEST_REDIS_URL="$ES_REDIS_URL" "$@"
}
part 'the stores' store_programs python3 tests/run/cunit.py "$BUILD" store
# PgBouncer may give the session to another client in the middle of a pipeline of transactions. Many
# runs at the same time make that likely.
pipelines() {
	for turn in 1 2 3 4 5 6 7 8 9 10; do
		store_programs "$BUILD/tests/store/test_store_pg_async" >"$WORK/pipelines.$1.$turn" 2>&1 ||
			cat "$WORK/pipelines.$1.$turn"
	done
}
pipelines 1 >"$WORK/pipelines.1" &
first=$!
pipelines 2 >"$WORK/pipelines.2" &
wait $first $!
cat "$WORK/pipelines.1" "$WORK/pipelines.2"
[ ! -s "$WORK/pipelines.1" ] && [ ! -s "$WORK/pipelines.2" ] &&
	[ "$(cat "$WORK"/pipelines.?.* | grep -c 'Run Summary')" -eq 20 ]
result $? 'pipelines of statements keep their connections, in 20 runs'
part 'the scenarios' python3 tests/scenario/run.py --env "$WORK/env" --schemas api \
	tests/scenario/0[1-8]*.scn tests/scenario/1[0-5]*.scn tests/scenario/2[0-37]*.scn \
	tests/scenario/30*.scn tests/scenario/40*.scn tests/scenario/42*.scn

bouncer_ask "$WORK/pooler" 'SHOW CLIENTS' | grep -c '|echostream|' >"$WORK/clients"
bouncer_ask "$WORK/pooler" 'SHOW SERVERS' | grep -c '|echostream|' >"$WORK/sessions"
read -r clients <"$WORK/clients"
read -r sessions <"$WORK/sessions"
say "$clients connections of the programs shared $sessions sessions of PostgreSQL"
[ "$clients" -ge 24 ] && [ "$sessions" -le $POOL_SIZE ] && [ "$sessions" -gt 1 ]
result $? 'the programs have more connections than there are sessions'

# shellcheck disable=SC2086
kill -9 $bouncers
bouncers=''
bouncer pooler
part '24 clients on a new PgBouncer' python3 tests/scenario/concurrency.py --env "$WORK/env" --clients 24 --rest 8 --count 10

grep -E 'prepared statement|SET TRANSACTION' "$LOG/postgres.log" >"$WORK/confused"
cat "$WORK/confused"
[ ! -s "$WORK/confused" ]
result $? 'no program used a prepared statement of another session'
{
	grep -h -A 12 ' ended after ' "$LOG/up.log"
	grep -hE 'CHECK failed|"msg":"worker ended".*"signal":(4|6|7|8|11),' "$LOG"/*.log
} >"$WORK/deaths"
cat "$WORK/deaths"
[ ! -s "$WORK/deaths" ]
result $? 'no program and no worker crashed'

# Start two more PgBouncers in front of the same PostgreSQL. Both drop the settings that a program asks
# for. A program notices this because app.session is not set; `feigning` sets app.session itself.
bouncer dropping 'ignore_startup_parameters = options'
bouncer_database="connect_query='set app.session = direct'"
bouncer feigning 'ignore_startup_parameters = options'
unset ES_DATABASE_POOLER
export ES_TEST_RUN="$RUN" ES_TEST_PSQL="$PGBIN/psql"
mkdir "$WORK/readiness"
part 'readiness behind a pooler' python3 tests/run/pooler.py "$BUILD" "$WORK/readiness" "$WORK"
