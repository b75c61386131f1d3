# ./dev up: start a stack, from a fresh clone or again.

STEPS=7
READY_S=60

step() {
	step_number=$((${step_number:-0} + 1))
	step_name=$1
	step_at=$(now_ms)
	[ -t 1 ] && [ -n "$BOLD" ] && printf ' [%s/%s] %-12s ...\r' $step_number $STEPS "$1"
	return 0
}

step_ok() {
	printf ' [%s/%s] %-12s ok  %s\n' $step_number $STEPS "$step_name" "$*"
}

step_failed() {
	printf ' [%s/%s] %-12s FAILED\n' $step_number $STEPS "$step_name"
	warn "$*"
	stop_all
	exit 1
}

up_options() {
	detach=no build=yes queue=redis
	while [ $# -gt 0 ]; do
		case $1 in
		-d | --detach) detach=yes ;;
		--no-build) build=no ;;
		--queue=redis | --queue=own | --queue=sqs) queue=${1#*=} ;;
		--queue=*) die 2 "up: unknown queue in $1; use --queue=redis, --queue=own or --queue=sqs" ;;
		*) die 2 "up: unknown argument: $1 (see ./dev help)" ;;
		esac
		shift
	done
	programs_of $queue
	[ $queue = redis ] || STEPS=$((STEPS + 1))
}

verb_up() {
	up_options "$@"
	[ $detach = no ] && {
		up_here
		return
	}
	env_folders
	ulog=$LOG/up.log
	(umask 077 && : >"$ulog" && chmod 600 "$ulog") || die 1 "can't write $ulog"
	setsid sh "$ROOT/dev" _up "$@" >>"$ulog" 2>&1 </dev/null &
	follower=$!
	trap 'kill -TERM $follower 2>/dev/null; wait $follower; exit 130' INT TERM HUP
	shown=0
	while kill -0 $follower 2>/dev/null; do
		if ready=$(grep '^EchoStream is ready' "$ulog"); then
			up_show
			load_env "$DEV/env"
			status_block
			say "$ready"
			exit 0
		fi
		up_show
		sleep 0.1
	done
	wait $follower
	code=$?
	up_show
	exit $code
}

# Print the new output of the detached stack, except its last line. verb_up prints that line itself,
# after the status block.
up_show() {
	size=$(wc -c <"$ulog")
	[ "$size" -gt "$shown" ] && tail -c +$((shown + 1)) "$ulog" | head -c $((size - shown)) |
		grep -v '^EchoStream is ready'
	shown=$size
}

# The detached process of `up -d`. Its output is a log file, so the process at the terminal prints the
# status block, which has the operator key and a token.
verb__up() {
	up_options "$@"
	secrets_shown=no
	ready_hint="$(dev_command) down stops it."
	up_here
}

up_here() {
	say "EchoStream dev  (data: $(short_path "$DEV")  logs: $(short_path "$LOG"))"
	env_folders
	up_lock
	up_packages
	up_leftovers
	trap 'stop_all; exit 0' INT TERM HUP
	trap '[ -n "${all_stopped:-}" ] || stop_all' EXIT
	echo "$$" >"$RUN/up.pid"
	state_write starting
	up_build
	up_ports
	env_write
	up_postgres
	up_redis
	[ $queue = redis ] || up_queue
	up_migrate
	up_seed
	up_services
	status_write
	[ "${secrets_shown:-yes}" = no ] || status_block
	state_write ready
	say "${BOLD}EchoStream is ready.${PLAIN} ${ready_hint:-Ctrl-C stops it.}"
	watch_logs
	supervise
}

up_packages() {
	step packages
	packages_ensure "$ROOT/packaging/apt-up.txt"
	pg_find
	redis_find
	step_ok " ($(packages_wanted "$ROOT/packaging/apt-up.txt" | wc -l) present)"
}

# Allow one stack per folder. A second `up` waits until the first stack is ready and prints its status.
up_lock() {
	exec 9>>"$DEV/lock"
	flock -n 9 && return 0
	said=''
	while ! flock -n 9; do
		case $(cat "$RUN/state" 2>/dev/null) in
		ready)
			load_env "$DEV/env"
			say "EchoStream is already up (pid $(cat "$RUN/up.pid"), since" \
				"$(date -r "$RUN/up.pid" '+%F %T'))"
			status_block
			programs_stale
			exit 0
			;;
		esac
		# The other `up` writes its pid only after it has looked for leftovers.
		other=$(cat "$RUN/up.pid" 2>/dev/null)
		[ -n "$said" ] || say "another ./dev up${other:+ (pid $other)} is starting in this" \
			"folder; waiting for it"
		said=yes
		sleep 0.3
	done
}

# Stop the programs of an `up` that was killed.
up_leftovers() {
	for name in $PROGRAMS_BACKWARDS sqs qredis; do
		pids_read "$name" || continue
		say "  stopping $name (pid $pid), left behind by a ./dev up that was killed"
		stop_one "$name" "$pid" "$birth"
	done
	stopped_files
}

up_build() {
	step build
	if [ $build = yes ]; then
		build_setup "$BUILD"
		# Do not build the tests, because they take longer than the programs.
		build_run "$BUILD" api-fcgi/echostream-api fanout/echostream-fanout \
			push-server/echostream-push ctl/echostreamctl
	fi
	programs_built
	step_ok " $(seconds "$step_at")"
}

up_ports() {
	asked_lighttpd=${ES_PORT:-} asked_push=${ES_PUSH_PORT:-} asked_sqs=${SQS_PORT:-}
	port_choose ES_PORT "$asked_lighttpd" 8080 8082
	ES_PORT=$chosen
	port_choose ES_PUSH_PORT "$asked_push" 8082 "$ES_PORT"
	ES_PUSH_PORT=$chosen
	[ $queue = redis ] || {
		port_choose SQS_PORT "$asked_sqs" 8086 "$ES_PORT"
		SQS_PORT=$chosen
	}
}

# up_port_lost NAME: choose another port when the program ended because another process had taken its
# port since our choice. Keep a port that the user asked for.
up_port_lost() {
	case $1 in
	lighttpd) variable=ES_PORT first=8080 other=$ES_PUSH_PORT asked=$asked_lighttpd ;;
	push) variable=ES_PUSH_PORT first=8082 other=$ES_PORT asked=$asked_push ;;
	*) return 0 ;;
	esac
	eval "lost_port=\$$variable"
	[ -z "$asked" ] && port_busy "$lost_port" || return 0
	program_log "$1" | grep -qi 'address already in use' || return 0
	say "  another program has taken port $lost_port meanwhile"
	port_choose $variable '' $first "$other"
	eval "$variable=$chosen"
	env_write
}

up_postgres() {
	step "postgres $PG_VERSION"
	pg_init
	launch postgres
	await postgres $READY_S || {
		program_log postgres >&2
		step_failed "PostgreSQL did not start"
	}
	out=$(pg_roles 2>&1) || step_failed "making the database: $out"
	step_ok " unix socket $(short_path "$RUN")/pg"
}

# up_redis [NAME]: start the server NAME of redis_run (redis)
up_redis() {
	step "${1:-$REDIS_NAME $(redis_version)}"
	launch "${1:-redis}"
	await "${1:-redis}" $READY_S || {
		program_log "${1:-redis}" >&2
		step_failed "Redis did not start"
	}
	step_ok " unix socket $(short_path "$RUN")/${1:-redis}.sock"
}

up_queue() {
	[ $queue = sqs ] || {
		up_redis qredis
		return
	}
	step sqs
	sqs_find || step_failed "no SQS server: ${sqs_lost:-}"
	launch sqs
	await sqs $READY_S || {
		program_log sqs >&2
		step_failed "the SQS server did not start"
	}
	step_ok " fauxqs $SQS_FAUXQS behind a check of signatures, 127.0.0.1:$SQS_PORT"
}

up_migrate() {
	step migrate
	out=$(cd "$ROOT" && "$(program_binary ctl)" db migrate 2>&1) ||
		step_failed "echostreamctl db migrate: $out"
	step_ok " $(printf '%s\n' "$out" | grep -E '(migrations? applied|^up to date)' | tail -n 1)"
}

# Add the demo data unless the database has the tenant acme. Do not remember this in a file, because a
# new database must get the data again.
up_seed() {
	step seed
	if [ ! -f "$ROOT/db/seed/demo.sql" ]; then
		step_ok " no db/seed/demo.sql"
		return
	fi
	there=$(pg_sql echostream -c "select count(*) from tenants where name = 'acme'" 2>&1) ||
		step_failed "$there"
	if [ "$there" = 0 ]; then
		out=$(pg_sql echostream -1 -f "$ROOT/db/seed/demo.sql" 2>&1) || step_failed "$out"
	fi
	step_ok " $(pg_sql echostream -c "select 'tenant acme: '
		|| (select count(*) from users u where u.tenant_id = t.id) || ' users, '
		|| (select count(*) from channels c where c.tenant_id = t.id) || ' channels, '
		|| (select count(*) from messages m where m.tenant_id = t.id) || ' messages'
		from tenants t where name = 'acme'" 2>&1)"
}

# Start lighttpd last, because after a failed connect it does not use the back end for up to a second.
up_services() {
	step services
	launch fanout
	launch push
	launch api
	up_wait up_sockets fanout push api
	launch lighttpd
	up_wait up_all_ready fanout push api lighttpd
	for name in fanout push api lighttpd; do
		eval "ready_$name=yes"
	done
	step_ok " fanout, push, api, lighttpd  $(seconds "$step_at")"
}

# up_wait TEST NAME...: wait until TEST succeeds, and restart programs that exit meanwhile
up_wait() {
	holds=$1
	shift
	limit=$(($(epoch) + READY_S))
	until $holds; do
		for name in "$@"; do
			is_alive "$name" || {
				up_port_lost "$name"
				revive "$name"
			}
		done
		if [ "$(epoch)" -ge $limit ]; then
			up_report_unready >&2
			step_failed "not ready after $READY_S s"
		fi
		sleep 0.1
	done
}

up_sockets() {
	for name in api-send api api-health; do
		[ -S "$RUN/$name.sock" ] || return 1
	done
	program_ready fanout && program_ready push
}

# Check first that our lighttpd has the port. Otherwise another stack could answer there until our
# lighttpd has failed to bind it.
up_all_ready() {
	# shellcheck disable=SC2154
	port_held_by "$ES_PORT" "$pid_lighttpd" || return 1
	for path in /readyz /push/readyz /fanout/readyz; do
		ask "$ES_URL$path" || return 1
	done
}

up_report_unready() {
	for path in /readyz /push/readyz /fanout/readyz; do
		ask "$ES_URL$path" && continue
		say "$path answers: $(curl -s -m 2 -w ' (HTTP %{http_code})' "$ES_URL$path" | tr '\n' ' ')"
		case $path in
		/readyz) program_log api ;;
		/push*) program_log push ;;
		/fanout*) program_log fanout ;;
		esac
	done
}
