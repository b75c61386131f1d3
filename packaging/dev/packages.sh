# Debian packages: install what is missing, start nothing, leave no trace of how.

PACKAGES_DROPIN=/etc/postgresql-common/createcluster.d/echostream-dev.conf
PACKAGES_POLICY=/usr/sbin/policy-rc.d

package_installed() {
	[ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | cut -c1-2)" = ii ]
}

package_exists() {
	apt-cache show --no-all-versions "$1" >/dev/null 2>&1
}

# The lists hold one package a line; `a|b`: the last of these that exists is taken, and any
# that is installed will do.
packages_wanted() {
	sed 's/#.*//' "$1" | tr -d ' \t' | grep -v '^$'
}

# One dpkg-query for all names, since `up` asks at every start.
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

# Choose among alternatives by what this Debian has; before `apt-get update` by its age.
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

packages_undo() {
	[ -n "${policy_made:-}" ] && rm -f "$PACKAGES_POLICY"
	[ -n "${dropin_made:-}" ] && rm -f "$PACKAGES_DROPIN"
	[ -n "${dropin_dir_made:-}" ] && rmdir "${PACKAGES_DROPIN%/*}" 2>/dev/null
	return 0
}

# Runs as root (by itself or through sudo): no daemon is started, no cluster made.
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
	# Nor may a daemon that came only for us start with the machine.
	for name in "$@"; do
		case $name in
		lighttpd | redis-server | valkey-server | prometheus)
			update-rc.d "$name" disable || true
			;;
		postgresql-[0-9]*) update-rc.d postgresql disable || true ;;
		esac
	done
}

packages_need_lists() {
	for entry in $1; do
		for name in $(printf %s "$entry" | tr '|' ' '); do
			package_exists "$name" && continue 2
		done
		return 0
	done
	return 1
}

packages_as_root() {
	if is_root; then
		sh -c ". '$ROOT/packaging/dev/packages.sh'; $1" packages "$@"
	else
		sudo -n sh -c ". '$ROOT/packaging/dev/packages.sh'; $1" packages "$@"
	fi
}

# packages_ensure LIST: everything in LIST is installed when it returns
packages_ensure() {
	have dpkg-query || die 2 "this needs Debian 12 or 13 (dpkg-query is not here)"
	missing=$(packages_missing "$1")
	[ -n "$missing" ] || return 0
	if ! is_root && ! sudo -n true 2>/dev/null; then
		warn "packages are missing, and neither root nor \`sudo -n\` works. Please run:"
		say "sudo apt-get update && sudo apt-get install -y --no-install-recommends" \
			"$(packages_choose "$missing" | tr '\n' ' ')" | sed 's/ *$//'
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

packages_failed() {
	tail -n 20 "$1" >&2
	rm -f "$1"
	die 2 "apt-get $2 failed (see above)"
}
