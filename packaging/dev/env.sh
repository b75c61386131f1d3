# The folder, the secrets and the settings of the development stack.

# The system user that runs PostgreSQL when ./dev runs as root, because initdb refuses root.
PG_USER=echostream-dev

# as_pg COMMAND...: run the command as the user that owns the database's files
as_pg() {
	if is_root; then
		setpriv --reuid="$PG_USER" --regid="$PG_USER" --clear-groups -- "$@"
	else
		"$@"
	fi
}

# outside_dir PARENT: make a folder for files that can't be in the stack's folder, and set $made to
# it. These are PostgreSQL's files when its user can't enter root's folder, and sockets when the path
# is too long. The file `outside` lists these folders, and `clean` deletes them.
outside_dir() {
	made=$1/echostream-$(id -u)-$(printf %s "$DEV" | cksum | cut -d' ' -f1)
	mkdir -p "$made" || die 1 "can't make $made"
	[ -O "$made" ] && [ ! -L "$made" ] || die 1 "$made belongs to another user"
	: >"$made/$MARKER"
	grep -qxF "$made" "$DEV/outside" 2>/dev/null || echo "$made" >>"$DEV/outside"
}

# Make the folders of the stack, and set RUN and PGDATA.
env_folders() {
	mkdir -p "$DEV" "$LOG" "$DEV/secrets" || die 1 "can't make $DEV"
	: >"$DEV/$MARKER"
	chmod 700 "$DEV/secrets"
	reachable=yes
	if is_root; then
		id "$PG_USER" >/dev/null 2>&1 || env_pg_user
		as_pg test -x "$DEV" || reachable=no
	else
		chmod 700 "$DEV"
	fi
	PGDATA=$DEV/pg
	if [ $reachable = no ]; then
		outside_dir /var/lib
		PGDATA=$made/pg
	fi
	RUN=$DEV/run
	if [ $reachable = no ] || [ ${#RUN} -gt 88 ] || env_odd_path "$RUN"; then
		outside_dir /tmp
		mkdir -p "$made/run"
		[ -L "$DEV/run" ] || ln -s "$made/run" "$DEV/run"
		RUN=$made/run
	fi
	mkdir -p "$RUN/pg" "$PGDATA"
	chmod 700 "$RUN/pg" "$PGDATA"
	is_root && chown "$PG_USER:" "$RUN/pg" "$PGDATA"
	return 0
}

# env_odd_path PATH: succeed when the path has a character that URLs or configuration files must quote
env_odd_path() {
	case $1 in
	*[!A-Za-z0-9._/-]*) return 0 ;;
	esac
	return 1
}

env_pg_user() {
	useradd --system --no-create-home --home-dir /nonexistent --user-group \
		--shell /usr/sbin/nologin "$PG_USER" || die 1 "can't make the user $PG_USER"
}

# env_secret NAME BYTES: write a random secret in hexadecimal, unless the file exists
env_secret() {
	[ -s "$DEV/secrets/$1" ] && return 0
	(umask 077 && od -An -v -N"$2" -tx1 /dev/urandom | tr -d ' \n' >"$DEV/secrets/$1")
}

# Write the file env of the stack: the settings of the programs, of echostreamctl and of the tests.
env_write() {
	env_secret jwt.key 32
	env_secret operator.key 24
	(umask 077 && env_lines >"$DEV/env.new" && mv "$DEV/env.new" "$DEV/env") ||
		die 1 "can't write $DEV/env"
	load_env "$DEV/env"
}

env_lines() {
	database="/echostream?host=${ES_DEV_DATABASE_HOST:-$RUN/pg}" redis=unix://$RUN/redis.sock
	[ "${ES_DEV_TCP:-off}" = off ] || database=127.0.0.1/echostream redis=redis://127.0.0.1
	cat <<END
ES_URL=http://127.0.0.1:$ES_PORT
ES_WS_URL=ws://127.0.0.1:$ES_PORT/ws
ES_PUSH_URL=ws://127.0.0.1:$ES_PUSH_PORT/ws
ES_OPERATOR_KEY=$(cat "$DEV/secrets/operator.key")
ES_DATABASE_URL=postgresql://echostream_app@$database
ES_DATABASE_OWNER_URL=postgresql://echostream_owner@/echostream?host=$RUN/pg
ES_DATABASE_ADMIN_URL=postgresql://postgres@/echostream?host=$RUN/pg
ES_REDIS_URL=$redis
ES_QUEUE_URL=$([ "${queue:-redis}" = sqs ] && echo sqs || echo redis):
ES_JWT_SECRET_FILE=$DEV/secrets/jwt.key
ES_API_SEND_SOCKET=$RUN/api-send.sock
ES_API_SOCKET=$RUN/api.sock
ES_API_HEALTH_SOCKET=$RUN/api-health.sock
ES_PUSH_LISTEN=127.0.0.1:$ES_PUSH_PORT,unix:$RUN/push.sock
ES_PUSH_OPS_LISTEN=unix:$RUN/push-ops.sock
ES_FANOUT_OPS_LISTEN=unix:$RUN/fanout-ops.sock
ES_PORT=$ES_PORT
ES_PUSH_PORT=$ES_PUSH_PORT
ES_DEV_DIR=$DEV
ES_RUN_DIR=$RUN
ES_LOG_DIR=$LOG
END
	case ${queue:-redis} in
	sqs) sqs_env ;;
	own) echo "ES_QUEUE_REDIS_URL=unix://$RUN/qredis.sock" ;;
	esac
}
