# Find, check and stop processes. The kernel may reuse a pid, so a process is identified by its pid
# and its start time ("birth").

# programs_of QUEUE: set PROGRAMS to all programs in the order of starting, and PROGRAMS_BACKWARDS to
# the order of stopping. The SQS server, or the second Redis for the queue, counts as a program.
programs_of() {
	case $1 in
	sqs) more='sqs ' ;;
	own) more='qredis ' ;;
	*) more='' ;;
	esac
	PROGRAMS="postgres redis ${more}fanout push api lighttpd"
	PROGRAMS_BACKWARDS="lighttpd api push fanout ${more}redis postgres"
}

# queue_was: print the queue of the running stack, or of the stack that ran last
queue_was() {
	if grep -qs '^ES_QUEUE_URL=sqs:' "$DEV/env"; then
		echo sqs
	elif grep -qs '^ES_QUEUE_REDIS_URL=' "$DEV/env"; then
		echo own
	fi
}
programs_of "$(queue_was)"

# proc_stat PID: set proc_state, proc_parent and proc_birth; fail when the process has ended
proc_stat() {
	proc_line=''
	{ read -r proc_line <"/proc/$1/stat"; } 2>/dev/null || return 1
	# The name in parentheses may contain any character, so cut it off.
	# shellcheck disable=SC2086
	set -- ${proc_line##*) }
	proc_state=$1 proc_parent=$2 proc_birth=${20}
}

# proc_alive PID BIRTH: succeed when this process runs
proc_alive() {
	[ "$1" -gt 0 ] && proc_stat "$1" && [ "$proc_state" != Z ] && [ "$proc_birth" = "$2" ]
}

# proc_children PID: print the pids of the process's children
proc_children() {
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/(.*)/x/' | awk -v p="$1" '$4 == p { print $1 }'
}

# pids_read NAME: set pid, birth, since (epoch seconds) and deaths from the supervisor's list. Fail
# when the program is not in the list or does not run.
pids_read() {
	pid=0 birth=0 since=0 deaths=0
	[ -f "$RUN/pids" ] || return 1
	while read -r one one_pid one_birth one_since one_deaths; do
		[ "$one" = "$1" ] || continue
		pid=$one_pid birth=$one_birth since=$one_since deaths=$one_deaths
	done <"$RUN/pids"
	proc_alive "$pid" "$birth"
}

# stop_limit NAME: print the time until SIGKILL in tenths of a second: the program's drain time and 3 s
stop_limit() {
	case $1 in
	api) echo $((${ES_API_DRAIN_MS:-25000} / 100 + 30)) ;;
	fanout) echo $((${ES_FANOUT_DRAIN_MS:-25000} / 100 + 30)) ;;
	push) echo $((${ES_PUSH_DRAIN_MS:-20000} / 100 + 30)) ;;
	*) echo 150 ;;
	esac
}

# stop_all_limit: print the seconds that stopping all programs may take
stop_all_limit() {
	tenths=50
	for name in $PROGRAMS; do
		tenths=$((tenths + $(stop_limit "$name")))
	done
	echo $((tenths / 10))
}

# stop_signal NAME: print the signal that stops the program; SIGINT is PostgreSQL's fast shutdown
stop_signal() {
	case $1 in
	postgres) echo INT ;;
	*) echo TERM ;;
	esac
}

# stop_one NAME PID BIRTH: send the stop signal, wait, and kill a program that does not exit. Each
# program leads its own process group, so that its workers end, too.
stop_one() {
	proc_alive "$2" "$3" || {
		stop_orphans "$1" "$2"
		return 0
	}
	kill -"$(stop_signal "$1")" "$2" 2>/dev/null
	await_end "$2" "$3" "$(stop_limit "$1")" || {
		warn "$1 (pid $2) does not stop; killing it"
		kill -KILL "$2" 2>/dev/null
	}
	stop_orphans "$1" "$2"
}

# stop_orphans NAME PID: kill the rest of the program's process group, and wait until it is empty. A
# killed process exists for some milliseconds after kill(), and no process of the stack may run when
# `down` prints "stopped". PostgreSQL's children are not in its group; they exit with the
# postmaster.
stop_orphans() {
	[ "$1" != postgres ] && [ "$2" -gt 0 ] || return 0
	gone=50
	while kill -s KILL -- "-$2" 2>/dev/null && [ $gone -gt 0 ]; do
		gone=$((gone - 1))
		sleep 0.02
	done
	return 0
}

# await_end PID BIRTH TENTHS: wait until the process has ended; fail after TENTHS of a second
await_end() {
	left=$3
	while proc_alive "$1" "$2"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}
