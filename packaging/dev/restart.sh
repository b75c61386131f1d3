# ./dev restart: start a new master beside the old master, then stop the old one. ./dev writes a request
# to a file, and the supervisor carries it out.

# restart_socket NAME: print the socket whose inode changes when the new master has taken the
# addresses over
restart_socket() {
	case $1 in
	api) echo "$RUN/api-health.sock" ;;
	*) echo "$RUN/$1-ops.sock" ;;
	esac
}

restart_inode() {
	stat -c %i "$(restart_socket "$1")" 2>/dev/null
}

# restart_port NAME: print the inodes of the sockets that listen on push's own port. Old and new
# workers share the port for up to a second, until the old workers find the new sockets and close
# theirs.
restart_port() {
	[ "$1" = push ] || return 0
	awk -v port=":$(printf %04X "$ES_PUSH_PORT")" \
		'$4 == "0A" && substr($2, length($2) - 4) == port { print $10 }' /proc/net/tcp
}

# restart_left NAME INODE...: succeed when none of these sockets listens any more
restart_left() {
	now_there=$(restart_port "$1")
	shift
	for inode in "$@"; do
		case "
$now_there
" in
		*"
$inode
"*) return 1 ;;
		esac
	done
}

restart_ready() {
	case $1 in
	api) ask "$ES_URL/readyz" ;;
	*) ask --unix-socket "$RUN/$1-ops.sock" "http://$1/readyz" ;;
	esac
}

# The supervisor carries out a request of ./dev restart, if there is one. It then removes the request,
# for which ./dev waits. The list of pids shows whether the restart succeeded.
restart_asked() {
	[ -f "$RUN/restart" ] || return 0
	rm -f "$RUN/restart.unready"
	restart_one "$(cat "$RUN/restart")"
	rm -f "$RUN/restart"
}

# restart_one NAME: start the new master, wait until it has the addresses and is ready, and send
# SIGTERM to the old master. Meanwhile, for up to RESTART_S, the supervisor does not start other
# programs again that have ended.
RESTART_S=15
restart_one() {
	eval "old_pid=\${pid_$1:-0} old_birth=\${birth_$1:-0}"
	proc_alive "$old_pid" "$old_birth" || return 0 # supervise() starts it again
	old_inode=$(restart_inode "$1")
	old_listeners=$(restart_port "$1")
	program_start "$1" --take-over
	# While the restart runs, stop_all stops both masters.
	eval "leaving_pid_$1=$started_pid leaving_birth_$1=$started_birth"
	limit=$(($(epoch) + RESTART_S))
	# shellcheck disable=SC2086
	until [ "$(restart_inode "$1")" != "$old_inode" ] && restart_ready "$1" &&
		restart_left "$1" $old_listeners; do
		if ! proc_alive "$started_pid" "$started_birth" || [ "$(epoch)" -ge "$limit" ]; then
			restart_failed "$1" && return 0
			: >"$RUN/restart.unready"
			break
		fi
		sleep 0.1
	done
	eval "leaving_pid_$1=$old_pid leaving_birth_$1=$old_birth"
	eval "pid_$1=$started_pid birth_$1=$started_birth since_$1=$(epoch) ready_$1=yes"
	pids_write
	kill -TERM "$old_pid"
	say "$1 restarted (pid $old_pid, now $started_pid)"
}

# restart_failed NAME: stop the new master if the old master still has the addresses. Fail if the new
# master has them: clients reach only the new master, so the old master must end in any case.
restart_failed() {
	say "$RED$1: the new master (pid $started_pid) is not ready; its last lines:$PLAIN"
	program_log "$1" 10
	[ "$(restart_inode "$1")" = "$old_inode" ] || return 1
	stop_leaving "$1"
	say "$1: the old master (pid $old_pid) continues"
}

# ./dev restart [PROGRAM...]
verb_restart() {
	[ $# -gt 0 ] || set -- fanout push api
	for name in "$@"; do
		case $name in
		fanout | push | api) ;;
		*) die 2 "restart: unknown program: $name; use fanout, push and api" ;;
		esac
	done
	need_running
	exec 8>>"$RUN/restart.lock"
	flock 8 # one ./dev restart at a time
	for name in "$@"; do
		restart_ask "$name"
	done
}

restart_ask() {
	pids_read "$1" || die 1 "$1 does not run; see ./dev logs up"
	old_pid=$pid old_birth=$birth
	echo "$1" >"$RUN/restart.new" && mv "$RUN/restart.new" "$RUN/restart"
	while [ -f "$RUN/restart" ]; do
		[ "$(cat "$RUN/state" 2>/dev/null)" = ready ] || die 3 'the stack is being stopped'
		sleep 0.1
	done
	pids_read "$1" && [ "$pid" != "$old_pid" ] ||
		die 1 "the new $1 is not ready, so the old one continues; see ./dev logs $1"
	await_end "$old_pid" "$old_birth" "$(stop_limit "$1")" ||
		die 1 "$1 restarted (pid $pid), but the old one (pid $old_pid) does not end"
	[ ! -f "$RUN/restart.unready" ] ||
		die 1 "$1 restarted (pid $old_pid, now $pid), but it is not ready; see ./dev ctl check"
	say "$1 restarted (pid $old_pid, now $pid)"
}
