# The supervisor reports a program that exits, and starts it again. When a program fails to start
# several times, the supervisor stops the stack.

# A program that exits within YOUNG_S seconds of its start, before it was ready, has failed to
# start. The supervisor stops the stack after DEATHS_MAX failed starts within DEATHS_WINDOW_S.
YOUNG_S=5
DEATHS_MAX=5
DEATHS_WINDOW_S=60

epoch() {
	date +%s
}

# Write the list of programs for status and down: name pid birth since deaths
pids_write() {
	for name in $PROGRAMS; do
		eval "printf '%s %s %s %s %s\n' $name \${pid_$name:-0} \${birth_$name:-0} \
			\${since_$name:-0} \${total_$name:-0}"
	done >"$RUN/pids.new" && mv "$RUN/pids.new" "$RUN/pids"
}

state_write() {
	echo "$1" >"$RUN/state.new" && mv "$RUN/state.new" "$RUN/state"
}

# launch NAME [OPTION]: start the program and add it to the list
launch() {
	program_start "$@"
	eval "pid_$1=$started_pid birth_$1=$started_birth since_$1=$(epoch) ready_$1=no"
	pids_write
}

is_alive() {
	eval "proc_alive \${pid_$1:-0} \${birth_$1:-0}" && [ "$proc_parent" = $$ ]
}

# await NAME SECONDS: wait until the program is ready; fail when it has ended or after the time-out
await() {
	limit=$(($(epoch) + $2))
	until program_ready "$1"; do
		is_alive "$1" && [ "$(epoch)" -lt "$limit" ] || return 1
		sleep 0.1
	done
	eval "ready_$1=yes"
}

# count_death NAME AGE: count the end of a program AGE seconds after its start; fail after DEATHS_MAX
# failed starts within DEATHS_WINDOW_S
count_death() {
	eval "was_ready=\$ready_$1 early=\${early_$1:-} total_$1=\$((\${total_$1:-0} + 1))"
	[ "$was_ready" = no ] && [ "$2" -le $YOUNG_S ] || return 0
	now=$(epoch)
	kept='' many=0
	for when in $early $now; do
		[ $((now - when)) -lt $DEATHS_WINDOW_S ] || continue
		kept="$kept $when" many=$((many + 1))
	done
	eval "early_$1='$kept'"
	[ $many -lt $DEATHS_MAX ]
}

# revive NAME: report the end of the program with its last lines, and start it again
revive() {
	eval "dead=\$pid_$1 age=\$((\$(epoch) - since_$1))"
	wait "$dead" 2>/dev/null
	how=$?
	stop_orphans "$1" "$dead"
	say "$YELLOW$1 (pid $dead) ended after $age s, $(death_reason $how); its last lines:$PLAIN"
	program_log "$1" 10
	why=''
	case $how in
	78) why='refuses its settings' ;;
	126 | 127) why='cannot be run' ;;
	esac
	count_death "$1" "$age" || why="ended $DEATHS_MAX times at its start"
	if [ -n "$why" ]; then
		say "$RED$1 $why: giving up. Log: $(short_path "$LOG/$1.log")$PLAIN"
		stop_all
		exit 1
	fi
	[ "$was_ready" = yes ] || nap 1
	# Do not let push take over: another stack may use push's port by now, and both stacks would
	# share the port.
	case $1 in
	api | fanout) launch "$1" --take-over ;;
	*) launch "$1" ;;
	esac
	say "$1 started again (pid $started_pid)"
}

death_reason() {
	if [ "$1" -gt 128 ]; then
		printf 'signal %s' $(($1 - 128))
	else
		printf 'exit %s' "$1"
	fi
}

# Print the programs' errors and warnings from now on. tail and grep run in their own process group, so
# that one signal ends both. --pid ends tail when the supervisor is killed.
watch_logs() {
	cd "$LOG" || return
	setsid sh -c 'tail --pid="$1" -q -n 0 -F fanout.log push.log api.log 2>/dev/null |
		grep --line-buffered -E "\"lvl\":\"(error|warn)\""' watch $$ </dev/null 9>&- &
	watcher=$!
	cd "$ROOT" || return
}

unwatch_logs() {
	[ -n "${watcher:-}" ] && kill -s KILL -- "-$watcher" 2>/dev/null
	watcher=''
}

# nap SECONDS: sleep, but return immediately when a signal comes
nap() {
	sleep "$1" 9>&- &
	napper=$!
	wait $napper && return
	kill $napper 2>/dev/null
	wait $napper
}

# Supervise until a signal stops the stack. SIGCHLD ends the nap, so a program that ended starts
# again immediately.
supervise() {
	trap : CHLD
	while :; do
		restart_asked
		for name in $PROGRAMS; do
			if ! is_alive "$name"; then
				revive "$name"
			elif eval "[ \$ready_$name = no ]" && program_ready "$name"; then
				eval "ready_$name=yes"
			fi
		done
		nap 0.5
	done
}

# The first signal stops the programs in order, a second one kills them immediately.
stop_all() {
	all_stopped=yes
	trap kill_all INT TERM HUP
	state_write stopping
	unwatch_logs
	for name in $PROGRAMS_BACKWARDS; do
		eval "stop_one $name \${pid_$name:-0} \${birth_$name:-0}"
		stop_leaving "$name"
	done
	stopped_files
	say stopped
}

# stop_leaving NAME: during a restart, stop the master that is not in the list
stop_leaving() {
	eval "one=\${leaving_pid_$1:-0} one_birth=\${leaving_birth_$1:-0}"
	proc_alive "$one" "$one_birth" || return 0
	stop_one "$1" "$one" "$one_birth"
}

kill_all() {
	all_stopped=yes
	trap '' INT TERM HUP
	unwatch_logs
	for name in $PROGRAMS_BACKWARDS; do
		eval "one=\${pid_$name:-0} second=\${leaving_pid_$name:-0}"
		eval "proc_alive $second \${leaving_birth_$name:-0}" && kill -s KILL -- "-$second"
		[ "$one" -gt 0 ] || continue
		if [ "$name" = postgres ]; then
			kill -QUIT "$one"
		else
			kill -s KILL -- "-$one"
		fi
	done 2>/dev/null
	stopped_files
	say 'stopped at once'
	exit 1
}

stopped_files() {
	rm -f "$RUN"/*.sock "$RUN/pids" "$RUN/pids.new" "$RUN/up.pid" "$RUN/state" "$RUN/state.new" "$RUN"/restart*
}
