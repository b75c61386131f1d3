# The script that page.py makes sources this file, with bash inside the tree. It reports the result of
# each section of docs/install.md, and checks what must be true after some sections.

section() {
	title=$1
}

done_line() {
	[ "$1" -eq 0 ] || fail_section "status $1: $typed"
}

# fail_section TEXT: report that the section $title failed, and exit
fail_section() {
	echo "$*"
	for log in /run/units/*.log; do
		[ ! -f "$log" ] || tail -n 5 "$log"
	done
	echo "not ok deb: $RELEASE, $WAY: $title"
	exit 1
}

# check_that WHAT COMMAND...: run the command as the check WHAT, and exit when the command fails
check_that() {
	what=$1
	shift
	if "$@" >/tmp/holds 2>&1; then
		echo "ok deb: $RELEASE, $WAY: $what"
	else
		cat /tmp/holds
		title=$what
		fail_section "$*"
	fi
}

# until_true COMMAND...: repeat the command until it succeeds, for at most 20 s
until_true() {
	limit=$(($(date +%s) + 20))
	until "$@"; do
		[ "$(date +%s)" -lt $limit ] || return 1
		sleep 0.2
	done
}

programs() {
	for exe in /proc/[0-9]*/exe; do # the exe of a zombie has no target
		case $(readlink "$exe") in
		*/echostream-*) echo "$exe" ;;
		esac
	done
}

none_runs() {
	[ -z "$(programs)" ]
}

# Start the services that apt starts itself on a host with systemd.
boot() {
	install -m 755 /src/tests/install/systemctl.sh /usr/local/bin/systemctl
	for name in postgresql redis-server lighttpd; do
		"/etc/init.d/$name" start
	done
	/etc/init.d/haproxy start || true # fails as long as its configuration has no listener
	until_true runuser -u postgres -- psql -qc 'SELECT 1' >/dev/null
}

secrets_are_secret() {
	for name in jwt.key operator.key database.url owner.env; do
		! runuser -u www-data -- cat "/etc/echostream/$name" || return 1
	done
	! runuser -u echostream -- cat /etc/echostream/owner.env || return 1
	runuser -u echostream -- cat /etc/echostream/jwt.key
}

starts_nothing_unconfigured() {
	mv /etc/echostream/echostream.env /etc/echostream/away
	systemctl start echostream.target
	mv /etc/echostream/away /etc/echostream/echostream.env
	none_runs
}

runs_as_its_user() {
	programs | while read -r exe; do
		[ "$(stat -c %U "${exe%/exe}")" = echostream ] || exit 1
	done
	[ "$(programs | wc -l)" -gt 6 ]
}

refuses_faulty_reload() {
	echo ES_LOG_LEVEL=loud >>/etc/echostream/echostream.env
	if systemctl reload echostream-push; then return 1; fi
	sed -i '$d' /etc/echostream/echostream.env
	systemctl reload echostream-push echostream-api echostream-fanout
}

# echostreamctl tail prints `reconnecting` when it has lost its connection.
messages_came() {
	grep -q hello tail.log && until_true grep -q 'still here' tail.log && ! grep reconnecting tail.log
}

# subscriptions_are NUMBER: succeed when push-server has this number of subscriptions
subscriptions_are() {
	[ "$(curl -fsS --unix-socket /run/echostream/push-ops.sock http://push/metrics |
		sed -n 's/^echostream_subscriptions //p')" = "$1" ]
}

# For comparison, check that a reload of lighttpd closes a WebSocket through lighttpd. First wait until
# the page's WebSocket is closed, and then until the new one has subscribed, so that the reload has a
# WebSocket to close.
front_is_cut() {
	until_true subscriptions_are 0 || return 1
	ES_WS_URL=wss://chat.example.com/ws echostreamctl tail general >front.log 2>&1 &
	front=$!
	until_true subscriptions_are 1 && systemctl reload lighttpd &&
		until_true grep -q reconnecting front.log
	code=$?
	kill $front
	[ $code -eq 0 ] || cat front.log
	return $code
}

leaves_nothing() {
	! find / -xdev \( -path /proc -o -path /src -o -path /out -o -path /dev -o -path /run/units \
		-o -path /tmp -o -path /srv -o -path /var/lib/postgresql -o -path /var/cache -o -path /var/log/apt \) -prune -o \
		-iname '*echostream*' -print | grep -v -e /var/lib/dpkg/ -e ca-certificates -e '/etc/ssl/certs' \
		-e /etc/haproxy/echostream.pem
}

# Check the units with the release's own systemd. `verify` exits with 0 also after complaints, so any
# output is a failure.
units_are_good() {
	for name in echostream-api.service echostream-push.service echostream-fanout.service echostream.target; do
		said=$(systemd-analyze verify --man=no "$name" 2>&1) && [ -z "$said" ] || {
			echo "$said"
			return 1
		}
	done
	for name in api push fanout; do
		for folder in /usr/local/lib /usr/lib /lib; do
			unit=$folder/systemd/system/echostream-$name.service
			[ ! -f "$unit" ] || break
		done
		systemd-analyze security --offline=true --threshold=15 "$unit" || return 1
	done
}

section_ends() {
	echo "ok deb: $RELEASE, $WAY: $title"
	case $title in
	'The programs, '*) check_that 'systemd has no complaint about the units' units_are_good ;;
	Tables) check_that 'the schema is complete' env ES_SETTINGS_FILE=/etc/echostream/owner.env echostreamctl db verify ;;
	'Settings and secrets')
		check_that 'lighttpd reads no secret' secrets_are_secret
		check_that 'nothing starts before it is configured' starts_nothing_unconfigured
		;;
	Start)
		check_that 'the programs run as their user' runs_as_its_user
		check_that 'a reload with a faulty setting fails' refuses_faulty_reload
		;;
	'A message by WebSocket')
		check_that 'reloads of lighttpd and haproxy cut no WebSocket of haproxy' messages_came
		check_that 'a reload of lighttpd cuts its WebSockets' front_is_cut
		;;
	Upgrade) check_that 'the programs run after an upgrade' until_true env ES_URL=http://127.0.0.1 echostreamctl check ;;
	Removal)
		for name in fanout push api; do # where systemd runs, the package itself stops them
			kill -TERM "$(cat /run/units/echostream-$name.service.pid)"
		done
		until_true none_runs
		check_that 'a purge leaves nothing' leaves_nothing
		check_that 'lighttpd starts without the package' lighttpd -tt -f /etc/lighttpd/lighttpd.conf
		;;
	esac
}
