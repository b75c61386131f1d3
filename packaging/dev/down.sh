# ./dev down, reset and clean: stop the stack, and delete its data.

# stack_stop: stop the supervisor and all programs; fail when the supervisor does not exit
stack_stop() {
	if status_running; then
		supervisor=$(cat "$RUN/up.pid" 2>/dev/null) || supervisor=''
		supervisor_birth=''
		[ -n "$supervisor" ] && proc_stat "$supervisor" && supervisor_birth=$proc_birth
		[ -n "$supervisor" ] && kill -TERM "$supervisor" 2>/dev/null
		limit=$(stop_all_limit)
		flock -w "$limit" "$DEV/lock" true ||
			die 1 "the stack (pid $supervisor) did not stop in $limit s"
		# The kernel frees the lock of an exiting process before its pid, so wait for the
		# pid, too.
		[ -z "$supervisor_birth" ] || await_end "$supervisor" "$supervisor_birth" 50 ||
			die 1 "the stack (pid $supervisor) does not end"
	fi
	# Stop the programs that a killed `up` has left running.
	for name in $PROGRAMS_BACKWARDS; do
		pids_read "$name" && stop_one "$name" "$pid" "$birth"
	done
	[ -d "$RUN" ] && rm -f "$RUN"/*.sock "$RUN/pids" "$RUN/up.pid" "$RUN/state"
	return 0
}

verb_down() {
	[ $# -eq 0 ] || die 2 'usage: down  (without arguments)'
	[ -e "$DEV/$MARKER" ] || {
		say 'no stack runs here'
		return 0
	}
	stack_stop
	say stopped
}

verb_clean() {
	[ $# -eq 0 ] || die 2 'usage: clean  (without arguments)'
	[ -e "$DEV" ] || {
		say 'nothing to clean'
		return 0
	}
	[ -f "$DEV/$MARKER" ] || die 1 "$DEV has no file $MARKER, so ./dev did not make it: not deleted"
	stack_stop
	clean_outside
	rm -rf "$DEV"
	say "deleted $(short_path "$DEV")"
}

# Delete the folders that this stack has outside of its own folder (outside_dir). Each has the marker.
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
		[ -t 0 ] || die 2 'reset deletes the database; without a terminal use ./dev reset -y'
		printf 'Delete the database and Redis data in %s? [y/N] ' "$(short_path "$DEV")"
		read -r answer
		[ "$answer" = y ] || exit 1
		;;
	*) die 2 'usage: reset [-y]' ;;
	esac
	[ -f "$DEV/$MARKER" ] || die 1 "$DEV has no file $MARKER, so ./dev did not make it: not deleted"
	status_running && die 1 'the stack is running; stop it with ./dev down first'
	stack_stop
	rm -rf "$DEV/pg" "$DEV/redis"
	[ ! -f "$DEV/outside" ] || while IFS= read -r made; do
		[ -f "$made/$MARKER" ] && rm -rf "$made/pg"
	done <"$DEV/outside"
	say 'the next ./dev up makes a new database with demo data'
}
