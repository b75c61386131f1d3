# Find TCP ports that are in use or free, and the process that uses a port. Reads /proc, so it needs
# no tool.

# port_inodes PORT: print the inodes of the sockets that listen on the port
port_inodes() {
	awk -v hex="$(printf ':%04X' "$1")" \
		'$4 == "0A" && substr($2, length($2) - 4) == hex { print $10 }' \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null
}

port_busy() {
	[ -n "$(port_inodes "$1")" ]
}

# port_held_by PORT PID: succeed when our process PID listens on the port
port_held_by() {
	for inode in $(port_inodes "$1"); do
		for fd in "/proc/$2"/fd/*; do
			[ "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]" ] && return 0
		done
	done
	return 1
}

# port_holder PORT: print "nginx (pid 812)", or "another user's program" when /proc hides the process
port_holder() {
	for inode in $(port_inodes "$1"); do
		for fd in /proc/[0-9]*/fd/*; do
			[ "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]" ] || continue
			pid=${fd#/proc/}
			pid=${pid%%/*}
			printf '%s (pid %s)' "$(cat "/proc/$pid/comm")" "$pid"
			return
		done
	done
	printf "another user's program"
}

# port_free FROM TO [NOT]: print the first free port except NOT; fail when no port is free
port_free() {
	port=$1
	while [ "$port" -le "$2" ]; do
		if [ "$port" != "${3:-}" ] && ! port_busy "$port"; then
			printf %s "$port"
			return 0
		fi
		port=$((port + 1))
	done
	return 1
}

# port_choose SETTING ASKED DEFAULT NOT: set $chosen to the port ASKED, or to a free port from DEFAULT
# on, except NOT. Exit when ASKED is in use, because the user does not expect another port.
port_choose() {
	if [ -n "$2" ]; then
		case $2 in
		*[!0-9]* | ??????*) die 2 "$1=$2 is not a port" ;;
		esac
		port_busy "$2" && die 2 "$1=$2 is used by $(port_holder "$2");" \
			"stop that program, or leave $1 unset to use a free port"
		chosen=$2
		return
	fi
	chosen=$(port_free "$3" 8099 "$4") || die 2 "no free port between $3 and 8099; set $1"
	[ "$chosen" = "$3" ] || say "  $3 is used by $(port_holder "$3"); using $chosen"
}
