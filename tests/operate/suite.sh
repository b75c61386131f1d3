# suite.sh upgrade|backup|queue-move: one part of the suite `operate`, on a stack of its own
. "$(dirname -- "$0")/../run/lib.sh"
. "$ROOT/packaging/dev/build.sh"

# Print the commit of the last release: the parent of the commit that set the present
# DB_STORE_VERSION. The programs of that parent expect an older schema.
last_release() {
	version=$(sed -n 's/^#define DB_STORE_VERSION "\([0-9]*\)".*/\1/p' shared/store/db_store.h)
	[ -n "$version" ] || die 1 'shared/store/db_store.h has no DB_STORE_VERSION'
	changed=$(git log -1 --format=%H -S"\"$version\"" -- shared/store/db_store.h 2>/dev/null)
	[ -n "$changed" ] && git rev-parse -q --verify "$changed^" 2>/dev/null
}

upgrade() {
	old=$(last_release) || {
		skip upgrade "no history in this clone: the last release can't be built [28 checks]"
		exit 0
	}
	tree=$WORK/last
	mkdir "$tree"
	git archive "$old" | tar -x -C "$tree" || die 1 "git archive $old failed"
	(
		ROOT=$tree
		build_setup "$tree/build"
		build_run "$tree/build" api-fcgi/echostream-api fanout/echostream-fanout \
			push-server/echostream-push ctl/echostreamctl
	) || exit 1
	say "the last release is $(git log -1 --format='%h (%s)' "$old")"
	# The last release's ./dev starts the stack, with its schema and its programs.
	(
		ROOT=$tree
		ES_BUILD_DIR=$tree/build
		export ES_BUILD_DIR
		private_stack
	) || die 1 'the stack of the last release did not start'
	suite_stack=yes
	load_env "$WORK/env"
	part upgrade python3 tests/operate/upgrade.py --env "$WORK/env" --build "$BUILD" \
		--old-build "$tree/build" --root "$ROOT" --work "$WORK"
}

# Follow docs/backup.md: lose the database, and restore the dump into a new cluster.
backup() {
	private_stack || die 1 'the stack did not start'
	load_env "$WORK/env"
	env_folders
	pg_find
	PATH=$PGBIN:$PATH
	pg_sql echostream -f db/backup_role.sql || die 1 'db/backup_role.sql failed'
	part backup python3 tests/operate/backup.py before --env "$WORK/env" --build "$BUILD" \
		--state "$WORK/state" --dump "$WORK/echostream.dump" || return
	"$ROOT/dev" down >/dev/null
	mv "$PGDATA" "$PGDATA.lost"
	mkdir -m 700 "$PGDATA"
	is_root && chown "$PG_USER:" "$PGDATA"
	private postgres
	restore
	stop_one postgres "$pid_postgres" "$birth_postgres"
	pid_postgres=0
	"$ROOT/dev" up -d --no-build >"$WORK/up.log" 2>&1 || {
		cat "$WORK/up.log"
		die 1 'the stack did not start after the restore'
	}
	part restore python3 tests/operate/backup.py after --env "$WORK/env" --state "$WORK/state" \
		--rows "$WORK/rows"
}

restore() {
	ctl=$(program_binary ctl)
	pg_sql postgres -c 'create database echostream' && pg_sql echostream -f db/roles.sql &&
		pg_sql echostream -f db/restore_roles.sql
	result $? 'restore: the roles of an empty cluster'
	pg_restore --exit-on-error -h "$RUN/pg" -U postgres -d echostream "$WORK/echostream.dump"
	result $? 'restore: pg_restore as superuser'
	python3 tests/operate/backup.py rows | pg_sql echostream >"$WORK/rows"
	"$ctl" db verify
	result $? 'restore: echostreamctl db verify'
	"$ctl" db recovered
	result $? 'restore: echostreamctl db recovered'
}

# The stack has the SQS server from its start. The test sets the queue of each program.
queue_move() {
	# shellcheck source=/dev/null
	. "$ROOT/packaging/dev/sqs.sh"
	sqs_find || {
		skip queue-move "${sqs_lost:-no SQS server} [43 checks]"
		exit 0
	}
	suite_queue=sqs
	private_stack || die 1 'the stack did not start'
	load_env "$WORK/env"
	part queue-move python3 tests/operate/queue_move.py --env "$WORK/env" --build "$BUILD"
}

case $1 in
upgrade | backup) "$1" ;;
queue-move) queue_move ;;
*) die 2 "unknown part: $1" ;;
esac
