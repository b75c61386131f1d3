# Processes: start one, is it still that one, stop it. A process is known by pid and the
# kernel's start time, so a pid that was used again is never taken for ours.

# programs_of QUEUE: the order of starting; stopping goes backwards. A stack on SQS, or with
# a Redis of its own for the queue, has one program more.
programs_of() {
	case $1 in
	sqs) more='sqs ' ;;
	own) more='qredis ' ;;
	*) more='' ;;
	esac
	PROGRAMS="postgres redis ${more}fanout push api lighttpd"
	PROGRAMS_BACKWARDS="lighttpd api push fanout ${more}redis postgres"
}

# The queue of the stack that is, or was last.
queue_was() {
	if grep -qs '^ES_QUEUE_URL=sqs:' "$DEV/env"; then
		echo sqs
	elif grep -qs '^ES_QUEUE_REDIS_URL=' "$DEV/env"; then
		echo own
	fi
}
programs_of "$(queue_was)"

# proc_stat PID: sets proc_state, proc_parent and proc_birth; fails when it is gone
proc_stat() {
	proc_line=''
	{ read -r proc_line <"/proc/$1/stat"; } 2>/dev/null || return 1
	# the name in brackets may hold anything
	# shellcheck disable=SC2086
	set -- ${proc_line##*) }
	proc_state=$1 proc_parent=$2 proc_birth=${20}
}

# proc_alive PID BIRTH
proc_alive() {
	[ "$1" -gt 0 ] && proc_stat "$1" && [ "$proc_state" != Z ] && [ "$proc_birth" = "$2" ]
}

# proc_children PID: its children's pids
proc_children() {
	cat /proc/[0-9]*/stat 2>/dev/null | sed 's/(.*)/x/' | awk -v p="$1" '$4 == p { print $1 }'
}

# pids_read NAME: sets pid, birth, since (epoch seconds) and deaths from the supervisor's
# list; fails when it isn't there or not alive
pids_read() {
	pid=0 birth=0 since=0 deaths=0
	[ -f "$RUN/pids" ] || return 1
	while read -r one one_pid one_birth one_since one_deaths; do
		[ "$one" = "$1" ] || continue
		pid=$one_pid birth=$one_birth since=$one_since deaths=$one_deaths
	done <"$RUN/pids"
	proc_alive "$pid" "$birth"
}

# How long each may take to stop before it is killed, in tenths of a second: the time that
# the program gives its own requests, and 3 s.
stop_limit() {
	case $1 in
	api) echo $((${ES_API_DRAIN_MS:-25000} / 100 + 30)) ;;
	fanout) echo $((${ES_FANOUT_DRAIN_MS:-25000} / 100 + 30)) ;;
	push) echo $((${ES_PUSH_DRAIN_MS:-20000} / 100 + 30)) ;;
	*) echo 150 ;;
	esac
}

# What stopping all of them may take, in seconds.
stop_all_limit() {
	tenths=50
	for name in $PROGRAMS; do
		tenths=$((tenths + $(stop_limit "$name")))
	done
	echo $((tenths / 10))
}

# stop_signal NAME: postgres -m fast is SIGINT
stop_signal() {
	case $1 in
	postgres) echo INT ;;
	*) echo TERM ;;
	esac
}

# stop_one NAME PID BIRTH: ask, wait, and kill what doesn't hear. Each program leads its
# own process group, so that workers without a master go too.
stop_one() {
	proc_alive "$2" "$3" || {
		stop_orphans "$1" "$2"
		return 0
	}
	kill -"$(stop_signal "$1")" "$2" 2>/dev/null
	await_end "$2" "$3" "$(stop_limit "$1")" || {
		warn "$1 (pid $2) does not stop; killed"
		kill -KILL "$2" 2>/dev/null
	}
	stop_orphans "$1" "$2"
}

# PostgreSQL's children lead groups of their own and end with the postmaster. A killed
# process lives on for some milliseconds after kill() has returned; wait for that, so that
# nothing of the stack runs any more when `down` says "stopped".
stop_orphans() {
	[ "$1" != postgres ] && [ "$2" -gt 0 ] || return 0
	gone=50
	while kill -s KILL -- "-$2" 2>/dev/null && [ $gone -gt 0 ]; do
		gone=$((gone - 1))
		sleep 0.02
	done
	return 0
}

# await_end PID BIRTH TENTHS: until the process is gone; fails when the time is over
await_end() {
	left=$3
	while proc_alive "$1" "$2"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.1
	done
}
