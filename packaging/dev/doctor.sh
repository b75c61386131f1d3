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
	for port in "${ES_PORT:-8080}" "${ES_PUSH_PORT:-8082}"; do
		if port_busy "$port"; then
			say "  -   port $port is used by $(port_holder "$port"); up uses the next free one"
		else
			fine "port $port is free"
		fi
	done
}

doctor_machine() {
	free=$(df -Pk "$ROOT" | awk 'NR == 2 { print int($4 / 1024) }')
	if [ "$free" -lt 1000 ]; then
		finding "$free MiB free on the disk of $ROOT" 'delete files; PostgreSQL stops when the disk is full'
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
