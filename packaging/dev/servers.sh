# The stack's own PostgreSQL and Redis. They listen on unix sockets and keep all files in the stack's
# folder. With ES_DEV_TCP=on they also listen on their usual ports of loopback, and the programs
# use TCP, so that a test can drop packets. Set it only in a private network namespace.

# pg_find: set PGBIN to the newest installed version that CI covers
pg_find() {
	for version in 17 15; do
		PGBIN=/usr/lib/postgresql/$version/bin
		[ -x "$PGBIN/postgres" ] && PG_VERSION=$version && return 0
	done
	die 2 "PostgreSQL 15 or 17 is missing in /usr/lib/postgresql"
}

pg_init() {
	[ -f "$PGDATA/PG_VERSION" ] && {
		was=$(cat "$PGDATA/PG_VERSION")
		[ "$was" = "$PG_VERSION" ] || die 1 "PostgreSQL $was created the database in $PGDATA," \
			"but PostgreSQL $PG_VERSION is installed; ./dev reset deletes the database"
		return 0
	}
	nosync=''
	[ "${ES_DEV_FSYNC:-on}" = off ] && nosync=--no-sync
	# shellcheck disable=SC2086
	(cd / && as_pg "$PGBIN/initdb" -D "$PGDATA" -U postgres -A trust --locale=C.UTF-8 -E UTF8 $nosync) \
		>"$LOG/initdb.log" 2>&1 || {
		tail -n 10 "$LOG/initdb.log" >&2
		die 1 "initdb failed"
	}
}

# pg_run: exec PostgreSQL
pg_run() {
	fsync=${ES_DEV_FSYNC:-on} listen=''
	[ "${ES_DEV_TCP:-off}" = off ] || listen=127.0.0.1
	cd / || exit 1
	set -- "$PGBIN/postgres" -D "$PGDATA" -c "listen_addresses=$listen" \
		-c "unix_socket_directories=$RUN/pg" -c unix_socket_permissions=0700 \
		-c max_connections=200 -c "fsync=$fsync" -c logging_collector=off \
		-c log_destination=stderr -c "log_line_prefix=%m [%p] %q%u@%d "
	[ -z "${ES_TEST_PG_PRELOAD:-}" ] || set -- "$@" -c "shared_preload_libraries=$ES_TEST_PG_PRELOAD"
	is_root && set -- setpriv --reuid="$PG_USER" --regid="$PG_USER" --clear-groups -- "$@"
	exec setsid "$@"
}

# pg_sql DATABASE [psql options...]: run psql as superuser
pg_sql() {
	database=$1
	shift
	PGOPTIONS='-c client_min_messages=warning' "$PGBIN/psql" -X -q -v ON_ERROR_STOP=1 -At \
		-h "$RUN/pg" -U postgres -d "$database" "$@"
}

pg_ready() {
	"$PGBIN/psql" -X -q -At -h "$RUN/pg" -U postgres -d postgres -c 'select 1' >/dev/null 2>&1
}

# pg_roles: create the database, the two login roles and their rights, as superuser
pg_roles() {
	pg_sql postgres -c "select 'create database echostream' where not exists
		(select from pg_database where datname = 'echostream')" |
		pg_sql postgres && pg_sql echostream -f "$ROOT/db/roles.sql"
}

# Debian 13 has valkey, Debian 12 has redis; protocol and settings are the same.
redis_find() {
	for REDIS_NAME in valkey redis; do
		REDIS_SERVER=$(command -v $REDIS_NAME-server) || continue
		REDIS_CLI=$(command -v $REDIS_NAME-cli) && return 0
	done
	die 2 "neither valkey-server nor redis-server is installed"
}

redis_version() {
	"$REDIS_SERVER" --version | sed -n 's/.*v=\([0-9.]*\).*/\1/p'
}

# redis_run NAME: exec Redis. NAME is redis, or qredis for a second server that holds only the queue.
redis_run() {
	mkdir -p "$DEV/$1"
	port=0
	[ "${ES_DEV_TCP:-off}$1" != onredis ] || port=6379
	exec setsid "$REDIS_SERVER" --port $port --bind 127.0.0.1 --tcp-keepalive 3 \
		--unixsocket "$RUN/$1.sock" --unixsocketperm 700 \
		--dir "$DEV/$1" --appendonly yes --appendfsync always --save '' \
		--maxmemory-policy noeviction --daemonize no --pidfile ''
}

redis_ready() {
	[ "$("$REDIS_CLI" -s "$RUN/$1.sock" ping 2>/dev/null)" = PONG ]
}
