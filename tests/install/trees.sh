# Trees of Debian releases, made by mmdebstrap from the machine's own mirror and kept in the user's
# cache, because making one takes longer than most suites. Suites that need one read this file. Each
# tree is entered in namespaces of its own, so that neither a mount nor a process can outlive the
# suite. Needs root.

TREES=${ES_DEBIAN13_CACHE:-${XDG_CACHE_HOME:-${HOME:-$WORK}/.cache}/echostream}

# Errors of apt when the mirror is unreachable. Any other error of apt fails the suite.
UNREACHABLE='could not (resolve|connect)|connection (failed|refused|timed out)|failed to fetch'

# in_namespaces COMMAND...: run the command as process 1 of new namespaces. When the command exits, the
# kernel kills the other processes there. It runs in the background, so that a trap can kill it.
in_namespaces() {
	unshare --mount --pid --fork --kill-child "$@" &
	inside=$!
	wait $inside
	code=$?
	inside=''
	return $code
}

# Kill process 1 of the namespaces. unshare exits only when all processes of the namespaces have exited.
tree_kill() {
	[ -n "${inside:-}" ] || return 0
	read -r first <"/proc/$inside/task/$inside/children"
	kill -9 "${first:-$inside}" 2>/dev/null
	wait "$inside"
}

# tree_end [STATUS]: remove what this run left. A suite's own EXIT trap passes the exit status on.
tree_end() {
	tree_status=${1:-$?}
	tree_kill
	rm -rf "$TREES"/*."$$"
	suite_end "$tree_status"
}
inside=''
trap tree_end EXIT

# tree_leave_out SUITE REASON...: report one skipped check, and exit from the suite
tree_leave_out() {
	skip "$@"
	exit 0
}

# tree_possible SUITE: skip the suite when this machine cannot make a tree
tree_possible() {
	[ "$(id -u)" -eq 0 ] || tree_leave_out "$1" 'needs root'
	have mmdebstrap || tree_leave_out "$1" 'needs mmdebstrap'
	unshare --mount --pid --fork true 2>/dev/null || tree_leave_out "$1" 'may not make namespaces here'
}

# tree_make RELEASE VARIANT PACKAGES DIR: run mmdebstrap with this machine's apt settings for proxies
# and for the checks of package lists
tree_make() {
	apt-config dump | grep -E '^Acquire::(http|https|Check-)' >"$WORK/apt.conf"
	in_namespaces mmdebstrap --mode=root --variant="$2" --aptopt="$WORK/apt.conf" \
		--aptopt='Acquire::Languages "none"' --aptopt='APT::Install-Recommends "false"' \
		--include="$(echo "$3" | paste -sd,)" "$1" "$4" "$(packages_mirror)" >"$WORK/mmdebstrap.log" 2>&1
}

# tree_find NAME RELEASE VARIANT PACKAGES: set $TREE to a tree with these packages, one on each line.
# On failure set $lost to the reason. A tree is made once a month, and when the packages change.
tree_find() {
	TREE=$TREES/$1-$(date +%Y%m)-$(echo "$4" | cksum | cut -d ' ' -f 1)
	[ -d "$TREE" ] && return 0
	[ -n "$(packages_mirror)" ] || {
		lost="no mirror of Debian in apt's sources"
		return 1
	}
	mkdir -p "$TREES" || exit 1
	tree_make "$2" "$3" "$4" "$TREES/$1.$$" || {
		cat "$WORK/mmdebstrap.log"
		lost=$(grep -m 1 -iE "$UNREACHABLE" "$WORK/mmdebstrap.log") && return 1
		die 1 "can't make the tree $1"
	}
	rm -rf "$TREES/$1"-*
	mv -T "$TREES/$1.$$" "$TREE"
}
