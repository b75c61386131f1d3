# TCP ports: which are taken, by whom, which is free. Reads /proc, so needs no tool.

# port_inodes PORT: the sockets that listen on it
port_inodes() {
	awk -v hex="$(printf ':%04X' "$1")" \
		'$4 == "0A" && substr($2, length($2) - 4) == hex { print $10 }' \
		/proc/net/tcp /proc/net/tcp6 2>/dev/null
}

port_busy() {
	[ -n "$(port_inodes "$1")" ]
}

# port_held_by PORT PID: is it that process, one of ours, that listens?
port_held_by() {
	for inode in $(port_inodes "$1"); do
		for fd in "/proc/$2"/fd/*; do
			[ "$(readlink "$fd" 2>/dev/null)" = "socket:[$inode]" ] && return 0
		done
	done
	return 1
}

# port_holder PORT: "nginx (pid 812)", or "another user's program" where /proc hides it
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

# port_free FROM TO [NOT]: the first free one, NOT left out; fails when there is none
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

# port_choose WHAT ASKED DEFAULT NOT: the port to use, in $chosen. One that was asked
# for and is taken is an error: moving silently would surprise who asked.
port_choose() {
	if [ -n "$2" ]; then
		case $2 in
		*[!0-9]* | ??????*) die 2 "$1=$2 is not a port" ;;
		esac
		port_busy "$2" && die 2 "$1=$2 is used by $(port_holder "$2");" \
			"stop that, or leave $1 unset and a free port is taken"
		chosen=$2
		return
	fi
	chosen=$(port_free "$3" 8099 "$4") || die 2 "no free port between $3 and 8099; set $1"
	[ "$chosen" = "$3" ] || say "  $3 is used by $(port_holder "$3"); using $chosen"
}
