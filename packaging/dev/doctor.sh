# ./dev doctor: find what keeps the stack from starting, and suggest a repair for each problem.

finding() {
	findings=$((findings + 1))
	say "  ! $1"
	say "    $2"
}

fine() {
	say "  ok  $*"
}

verb_doctor() {
	findings=0
	doctor_packages
	doctor_ports
	doctor_machine
	doctor_stack
	[ $findings -eq 0 ] && say 'no problem found' && exit 0
	say "$findings finding(s)"
	exit 1
}

doctor_packages() {
	for list in apt-up apt-test; do
		missing=$(packages_missing "$ROOT/packaging/$list.txt" | tr '\n' ' ')
		if [ -n "$missing" ]; then
			finding "missing from packaging/$list.txt: $missing" \
				"./dev $([ $list = apt-up ] && echo up || echo test) installs them"
		else
			fine "packages of packaging/$list.txt"
		fi
	done
}

doctor_ports() {
	if status_running; then
		for name in ES_PORT ES_PUSH_PORT; do
			fine "the stack has port $(sed -n "s/^$name=//p" "$DEV/env") ($name)"
		done
		return
	fi
	doctor_port ES_PORT "${ES_PORT:-}" 8080 8082
	doctor_port ES_PUSH_PORT "${ES_PUSH_PORT:-}" 8082 "$chosen"
}

# doctor_port SETTING ASKED DEFAULT NOT: set $chosen to the port that `up` would use (port_choose)
doctor_port() {
	chosen=${2:-$3}
	if ! port_busy "$chosen"; then
		fine "port $chosen is free"
	elif [ -n "$2" ]; then
		finding "$1=$2 is used by $(port_holder "$2")" \
			"stop that program, or leave $1 unset to use a free port"
	elif chosen=$(port_free "$3" 8099 "$4"); then
		say "  -   port $3 is used by $(port_holder "$3"); up uses $chosen"
	else
		finding "no free port between $3 and 8099" "set $1"
	fi
}

doctor_machine() {
	free=$(df -Pk "$ROOT" | awk 'NR == 2 { print int($4 / 1024) }')
	if [ "$free" -lt 1000 ]; then
		finding "only $free MiB free on the disk of $ROOT" 'delete files; PostgreSQL stops when the disk is full'
	else
		fine "$free MiB free"
	fi
	files=$(awk '/^Max open files/ { print $4 }' /proc/self/limits)
	if [ "$files" != unlimited ] && [ "$files" -lt 4096 ]; then
		finding "a process may open only $files files" 'each WebSocket through lighttpd needs three: ulimit -n 65536'
	else
		fine "a process may open $files files"
	fi
	if ! is_root && ! sudo -n true 2>/dev/null; then
		say '  -   neither root nor sudo -n works: install missing packages with ./dev packages | sudo sh'
	fi
}

doctor_stack() {
	if [ -e "$DEV" ] && [ ! -f "$DEV/$MARKER" ]; then
		finding "$DEV exists, but ./dev did not make it" 'set ES_DEV_DIR to another folder'
	elif status_running; then
		fine "the stack in $(short_path "$DEV") is $stack_state"
	else
		fine "no stack runs in $(short_path "$DEV")"
		for name in $PROGRAMS; do
			pids_read "$name" && finding "$name (pid $pid) still runs" './dev down stops it'
		done
	fi
}
