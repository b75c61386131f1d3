# Start each program of the stack, and check its health.

program_binary() {
	case $1 in
	api) echo "$BUILD/api-fcgi/echostream-api" ;;
	push) echo "$BUILD/push-server/echostream-push" ;;
	fanout) echo "$BUILD/fanout/echostream-fanout" ;;
	ctl) echo "$BUILD/ctl/echostreamctl" ;;
	esac
}

programs_built() {
	lost=''
	for name in ctl fanout push api; do
		[ -x "$(program_binary $name)" ] || lost="$lost $(short_path "$(program_binary $name)")"
	done
	[ -z "$lost" ] || die 1 "the build did not make$lost"
}

# program_run NAME [OPTION]: exec the program; only our own programs take OPTION
program_run() {
	exec 9>&-
	case $1 in
	postgres) pg_run ;;
	redis | qredis) redis_run "$1" ;;
	sqs) sqs_run ;;
	lighttpd)
		cd "$ROOT" || exit 1
		exec setsid lighttpd -D -f "$ROOT/lighttpd/dev.conf"
		;;
	esac
	# Our programs get only the URL of the role echostream_app.
	unset ES_DATABASE_OWNER_URL ES_DATABASE_ADMIN_URL
	cd "$ROOT" || exit 1
	exec setsid "$(program_binary "$1")" ${2:+"$2"}
}

# program_start NAME [OPTION]: start the program in the background; set $started_pid and
# $started_birth
program_start() {
	program_log_rotate "$1"
	eval "log_from_$1=$(cat "$LOG/$1.log" 2>/dev/null | wc -c)"
	(program_run "$@") >>"$LOG/$1.log" 2>&1 </dev/null &
	started_pid=$!
	started_birth=0
	proc_stat "$started_pid" && started_birth=$proc_birth
	return 0
}

ask() {
	curl -s -f -o /dev/null -m 2 "$@"
}

# program_ready NAME: succeed when the program itself answers. Ask /healthz, because /readyz also
# checks the servers that the program needs.
program_ready() {
	case $1 in
	postgres) pg_ready ;;
	redis | qredis) redis_ready "$1" ;;
	sqs) ask "http://127.0.0.1:$SQS_PORT/_test/counts" ;;
	fanout) ask --unix-socket "$RUN/fanout-ops.sock" http://fanout/healthz ;;
	push) ask --unix-socket "$RUN/push-ops.sock" http://push/healthz ;;
	api) ask "$ES_URL/healthz" ;;
	lighttpd) curl -s -o /dev/null -m 2 "$ES_URL/" ;;
	esac
}

# program_log NAME [LINES]: print the last lines that the program logged since its start
program_log() {
	eval "from=\$((\${log_from_$1:-0} + 1))"
	tail -c "+$from" "$LOG/$1.log" 2>/dev/null | tail -n "${2:-20}" | sed "s/^/  $1| /"
}

# Keep one old log and no more, so that a stack that runs for weeks does not fill the disk.
program_log_rotate() {
	file=$LOG/$1.log
	[ -f "$file" ] && [ "$(wc -c <"$file")" -gt 20000000 ] && mv "$file" "$file.1"
	return 0
}
