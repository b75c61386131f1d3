#!/bin/sh
# systemctl for a tree in which no systemd runs. It starts EchoStream's services as their units say:
# user, groups, umask, environment, folders, and notifications. It starts all other services by their
# init scripts.
set -eu
STATE=/run/units
mkdir -p $STATE
unset NOTIFY_SOCKET

# unit_of NAME: set $unit to the unit file that systemd would read
unit_of() {
	for folder in /etc /usr/local/lib /usr/lib /lib; do
		unit=$folder/systemd/system/$1
		[ ! -f "$unit" ] || return 0
	done
	echo "Unit $1 not found." >&2
	exit 5
}

get() {
	sed -n "s/^$1=//p" "$unit"
}

folder() {
	[ -d "$1" ] || install -d "$1"
	chown "$(get User):$(get Group)" "$1"
	chmod "$2" "$1"
}

# as_unit COMMAND...: exec the command with the user and the environment of the service
as_unit() {
	# shellcheck disable=SC2046
	exec setpriv --reuid "$(get User)" --regid "$(get Group)" --groups "$(get SupplementaryGroups)" \
		--no-new-privs --inh-caps=-all --bounding-set=-all \
		env -i PATH=/usr/bin:/bin $(get Environment) ${NOTIFY_SOCKET:+NOTIFY_SOCKET="$NOTIFY_SOCKET"} "$@"
}

# A program that has exited stays as a zombie, because process 1 of the tree does not reap it.
is_active() {
	[ -s "$STATE/$1.pid" ] &&
		state=$(sed 's/.*) //; s/ .*//' "/proc/$(cat "$STATE/$1.pid")/stat" 2>/dev/null) &&
		[ "$state" != Z ] && [ -n "$state" ]
}

# await NAME PATTERN: wait until the program has sent a notification that matches
await() {
	limit=$(($(date +%s) + 30))
	until grep -q "$2" "$STATE/$1.told"; do
		is_active "$1" && [ "$(date +%s)" -lt $limit ] || {
			echo "Job for $1 failed." >&2
			tail -n 20 "$STATE/$1.log" >&2
			exit 1
		}
		sleep 0.1
	done
}

start_unit() {
	unit_of "$1"
	case $1 in
	*.target)
		for one in $(get Wants); do
			(start_unit "$one")
		done
		return
		;;
	esac
	[ -e "$(get ConditionPathExists)" ] || return 0
	! is_active "$1" || return 0
	folder "/run/$(get RuntimeDirectory)" "$(get RuntimeDirectoryMode)"
	folder "/var/lib/$(get StateDirectory)" "$(get StateDirectoryMode)"
	folder "/var/log/$(get LogsDirectory)" "$(get LogsDirectoryMode)"
	rm -f "$STATE/$1.notify"
	socat -u "UNIX-RECV:$STATE/$1.notify,mode=666" "OPEN:$STATE/$1.told,creat,trunc,append" &
	until [ -S "$STATE/$1.notify" ] && [ -f "$STATE/$1.told" ]; do sleep 0.02; done
	chmod 755 $STATE
	(
		umask "$(get UMask)"
		cd /
		NOTIFY_SOCKET=$STATE/$1.notify
		as_unit "$(get ExecStart)"
	) >>"$STATE/$1.log" 2>&1 </dev/null &
	echo $! >"$STATE/$1.pid"
	await "$1" READY=1
}

stop_unit() {
	unit_of "$1"
	is_active "$1" || return 0
	kill -TERM "$(cat "$STATE/$1.pid")"
	limit=$(($(date +%s) + $(get TimeoutStopSec)))
	while is_active "$1"; do
		[ "$(date +%s)" -lt "$limit" ] || exit 1
		sleep 0.1
	done
	grep -q STOPPING=1 "$STATE/$1.told"
}

reload_unit() {
	unit_of "$1"
	# shellcheck disable=SC2046
	(as_unit $(get ExecReload | head -n 1))
	: >"$STATE/$1.told"
	(as_unit sh -c "export MAINPID=$(cat "$STATE/$1.pid"); $(get ExecReload | tail -n 1)")
	await "$1" RELOADING=1
	await "$1" READY=1
}

verb=$1
shift
for name; do
	case $name in
	--now) continue ;;
	echostream*.service | echostream.target) ;;
	echostream*) name=$name.service ;;
	esac
	case $verb-$name in
	enable-echostream* | start-echostream*) start_unit "$name" ;;
	stop-echostream*) stop_unit "$name" ;;
	restart-echostream*)
		stop_unit "$name"
		start_unit "$name"
		;;
	reload-echostream*) reload_unit "$name" ;;
	is-active-echostream*) is_active "$name" ;;
	*) "/etc/init.d/$name" "$verb" ;;
	esac
done
