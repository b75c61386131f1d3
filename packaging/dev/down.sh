# Stopping and throwing away.

# stack_stop: fails when something of ours still lives
stack_stop() {
	if status_running; then
		boss=$(cat "$RUN/up.pid" 2>/dev/null) || boss=''
		boss_birth=''
		[ -n "$boss" ] && proc_stat "$boss" && boss_birth=$proc_birth
		[ -n "$boss" ] && kill -TERM "$boss" 2>/dev/null
		limit=$(stop_all_limit)
		flock -w "$limit" "$DEV/lock" true ||
			die 1 "the stack (pid $boss) did not stop in $limit s"
		# the kernel frees the lock of an ending process before its pid
		[ -z "$boss_birth" ] || await_end "$boss" "$boss_birth" 50 ||
			die 1 "the stack (pid $boss) does not end"
	fi
	# an `up` that was killed leaves its programs
	for name in $PROGRAMS_BACKWARDS; do
		pids_read "$name" && stop_one "$name" "$pid" "$birth"
	done
	[ -d "$RUN" ] && rm -f "$RUN"/*.sock "$RUN/pids" "$RUN/up.pid" "$RUN/state"
	return 0
}

verb_down() {
	[ $# -eq 0 ] || die 2 'down takes no arguments'
	[ -e "$DEV/$MARKER" ] || {
		say 'nothing runs here'
		return 0
	}
	stack_stop
	say stopped
}

verb_clean() {
	[ $# -eq 0 ] || die 2 'clean takes no arguments'
	[ -e "$DEV" ] || {
		say 'nothing to clean'
		return 0
	}
	[ -f "$DEV/$MARKER" ] || die 1 "$DEV has no file $MARKER: it is not ours, not touched"
	stack_stop
	clean_outside
	rm -rf "$DEV"
	say 'clean'
}

# The folders outside that this stack made, each with the marker.
clean_outside() {
	[ -f "$DEV/outside" ] || return 0
	while IFS= read -r made; do
		[ -f "$made/$MARKER" ] && rm -rf "$made"
	done <"$DEV/outside"
}

verb_reset() {
	case ${1:-} in
	-y | --yes) ;;
	'')
		[ -t 0 ] || die 2 'reset throws the database away; say ./dev reset -y'
		printf 'Throw away the database and Redis in %s? [y/N] ' "$(short_path "$DEV")"
		read -r answer
		[ "$answer" = y ] || exit 1
		;;
	*) die 2 'reset [-y]' ;;
	esac
	[ -f "$DEV/$MARKER" ] || die 1 "$DEV has no file $MARKER: not touched"
	status_running && die 1 'the stack is running; ./dev down first'
	stack_stop
	rm -rf "$DEV/pg" "$DEV/redis"
	[ ! -f "$DEV/outside" ] || while IFS= read -r made; do
		[ -f "$made/$MARKER" ] && rm -rf "$made/pg"
	done <"$DEV/outside"
	say 'the next ./dev up makes and seeds them anew'
}
