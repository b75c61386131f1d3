# Install missing Debian packages without starting a daemon. Two files keep daemons from starting;
# packages_undo removes them.

PACKAGES_DROPIN=/etc/postgresql-common/createcluster.d/echostream-dev.conf
PACKAGES_POLICY=/usr/sbin/policy-rc.d

package_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]
}

package_exists() {
	apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

# packages_wanted LIST: print the packages of a list file, one per line, with alternatives as `a|b`.
# Names after a package are suites. When $suites is set, leave out packages that only other suites
# need.
packages_wanted() {
	sed 's/#.*//' "$1" | awk -v suites="${suites:-}" '
		NF == 0 { next }
		NF == 1 || suites == "" { print $1; next }
		{
			for (at = 2; at <= NF; at++)
				if (index(" " suites " ", " " $at " ")) {
					print $1
					next
				}
		}'
}

# packages_missing LIST: print the entries of the list file that are not installed. One alternative is
# enough. Ask dpkg-query only once, because `up` does this at every start.
packages_missing() {
	names=$(packages_wanted "$1" | tr '|' '\n')
	# shellcheck disable=SC2086
	present=$(dpkg-query -W -f '${Package} ${db:Status-Abbrev}\n' $names 2>/dev/null |
		sed -n 's/ ii *$//p')
	packages_wanted "$1" | while read -r entry; do
		for name in $(printf %s "$entry" | tr '|' ' '); do
			case "
$present
" in
			*"
$name
"*) continue 2 ;;
			esac
		done
		printf '%s\n' "$entry"
	done
}

# packages_choose ENTRIES: print one package for each entry. Of `a|b`, print the last alternative that apt
# knows. When apt knows none, as before the first `apt-get update`, print the first alternative on
# Debian 12, and the last one on other releases.
packages_choose() {
	for entry in $1; do
		chosen=''
		for name in $(printf %s "$entry" | tr '|' ' '); do
			package_exists "$name" && chosen=$name
		done
		if [ -z "$chosen" ] && grep -q '^VERSION_ID="12"' /etc/os-release; then
			chosen=${entry%%|*}
		fi
		printf '%s\n' "${chosen:-${entry##*|}}"
	done
}

# Print the URL of the Debian mirror that this machine's apt uses; it serves every release.
packages_mirror() {
	# shellcheck disable=SC2016
	apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
		sed -n 's/^\(bookworm\|trixie\|stable\|oldstable\) //p' | head -n 1
}

packages_undo() {
	[ -n "${policy_made:-}" ] && rm -f "$PACKAGES_POLICY"
	[ -n "${dropin_made:-}" ] && rm -f "$PACKAGES_DROPIN"
	[ -n "${dropin_dir_made:-}" ] && rmdir "${PACKAGES_DROPIN%/*}" 2>/dev/null
	return 0
}

# packages_install_as_root PACKAGE...: install the packages, but start no daemon and create no PostgreSQL
# cluster. Needs root.
packages_install_as_root() {
	trap packages_undo EXIT
	trap 'exit 130' INT TERM HUP
	if [ ! -e "$PACKAGES_POLICY" ]; then
		policy_made=1
		printf '#!/bin/sh\nexit 101\n' >"$PACKAGES_POLICY" && chmod 755 "$PACKAGES_POLICY"
	fi
	if [ ! -e "$PACKAGES_DROPIN" ]; then
		[ -d "${PACKAGES_DROPIN%/*}" ] || dropin_dir_made=1
		dropin_made=1
		mkdir -p "${PACKAGES_DROPIN%/*}"
		echo 'create_main_cluster = false' >"$PACKAGES_DROPIN"
	fi
	DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
		-o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 "$@" || return 1
	# Do not let these daemons start with the machine, because ./dev installed them for itself.
	for name in "$@"; do
		case $name in
		lighttpd | redis-server | valkey-server | prometheus)
			update-rc.d "$name" disable || true
			;;
		postgresql-[0-9]*) update-rc.d postgresql disable || true ;;
		podman)
			command -v systemctl >/dev/null && systemctl disable podman.socket podman.service \
				podman-restart.service podman-auto-update.timer \
				podman-auto-update.service || true
			;;
		esac
	done
}

# packages_need_lists ENTRIES: succeed when there is an entry of which apt knows no alternative. Run
# `apt-get update` then.
packages_need_lists() {
	for entry in $1; do
		for name in $(printf %s "$entry" | tr '|' ' '); do
			package_exists "$name" && continue 2
		done
		return 0
	done
	return 1
}

# packages_as_root COMMANDS [ARGUMENT...]: run shell commands as root, through sudo if necessary, with the
# functions of this file. In COMMANDS, $1 is COMMANDS itself, and $2 is the first ARGUMENT.
packages_as_root() {
	if is_root; then
		sh -c ". '$ROOT/packaging/dev/packages.sh'; $1" packages "$@"
	else
		sudo -n sh -c ". '$ROOT/packaging/dev/packages.sh'; $1" packages "$@"
	fi
}

# packages_ensure LIST: install the missing packages of the list file. Exit when that is impossible.
packages_ensure() {
	have dpkg-query || die 2 "./dev needs Debian 12 or 13 (dpkg-query is missing)"
	missing=$(packages_missing "$1")
	[ -n "$missing" ] || return 0
	if ! is_root && ! sudo -n true 2>/dev/null; then
		warn "./dev can't install missing packages: it is not root, and \`sudo -n\` fails. Missing:" \
			"$(packages_choose "$missing" | tr '\n' ' ')"
		warn 'this command installs what ./dev up and ./dev test need, and starts no daemon:'
		say "$(short_path "$ROOT/dev") packages | sudo sh"
		exit 2
	fi
	say "  installing from $(basename "$1"): $(printf '%s ' $missing)"
	plog=$(mktemp) || exit 1
	if packages_need_lists "$missing"; then
		packages_as_root 'apt-get update -q' >"$plog" 2>&1 || packages_failed "$plog" update
	fi
	# shellcheck disable=SC2046
	packages_as_root 'shift; packages_install_as_root "$@"' \
		$(packages_choose "$missing") >"$plog" 2>&1 || packages_failed "$plog" install
	rm -f "$plog"
	[ -z "$(packages_missing "$1")" ] || die 2 "still missing: $(packages_missing "$1")"
}

# ./dev packages [up]: print a script that installs the missing packages, for users without `sudo -n`.
# A plain `apt-get install` would start lighttpd, Redis and PostgreSQL as system daemons.
verb_packages() {
	lists='up test'
	case "$#${1:-}" in
	0) ;;
	1up) lists=up ;;
	*) die 2 'usage: packages [up]  (up leaves out the packages that only tests need)' ;;
	esac
	missing=''
	for list in $lists; do
		missing="$missing $(packages_missing "$ROOT/packaging/apt-$list.txt" | tr '\n' ' ')"
	done
	cat "$ROOT/packaging/dev/packages.sh"
	# shellcheck disable=SC2086
	[ -z "$(echo $missing)" ] || cat <<END
[ "\$(id -u)" -eq 0 ] || {
	echo 'this script needs root: ./dev packages | sudo sh' >&2
	exit 2
}
# The shell reads this script from stdin, so apt-get must not read stdin.
apt-get update -q </dev/null || exit 1
packages_install_as_root \$(packages_choose '$missing') </dev/null
END
}

packages_failed() {
	tail -n 20 "$1" >&2
	rm -f "$1"
	die 2 "apt-get $2 failed (see above)"
}
