# Commands that inspect a running stack.

need_running() {
	[ -f "$DEV/env" ] && [ -S "$RUN/redis.sock" ] ||
		die 3 "EchoStream is not running here ($(short_path "$DEV")). ./dev up starts it."
	load_env "$DEV/env"
}

need_ctl() {
	CTL=$BUILD/ctl/echostreamctl
	[ -x "$CTL" ] || die 1 "$(short_path "$CTL") is missing; ./dev build builds it"
}

verb_token() {
	[ $# -eq 1 ] || die 2 'usage: token USER  (a user of the demo tenant acme, such as alice)'
	need_running
	need_ctl
	exec "$CTL" token mint --tenant "${ES_TENANT:-acme}" --user "$1"
}

verb_url() {
	[ $# -eq 0 ] || die 2 'usage: url  (without arguments)'
	need_running
	say "$ES_URL"
}

# Run echostreamctl with the settings of the running stack.
verb_ctl() {
	need_running
	need_ctl
	exec "$CTL" "$@"
}

verb_psql() {
	need_running
	url=$ES_DATABASE_ADMIN_URL
	case ${1:-} in
	--app) url=$ES_DATABASE_URL && shift ;;
	--owner) url=$ES_DATABASE_OWNER_URL && shift ;;
	esac
	exec psql -X "$url" "$@"
}

verb_redis_cli() {
	need_running
	for cli in valkey-cli redis-cli; do
		have $cli && exec $cli -s "$RUN/redis.sock" "$@"
	done
	die 2 'neither valkey-cli nor redis-cli is installed'
}

verb_logs() {
	follow=''
	[ "${1:-}" = -f ] && follow=-f && shift
	cd "$LOG" 2>/dev/null || die 3 'no logs yet'
	if [ -n "${1:-}" ]; then
		[ -f "$1.log" ] || die 2 "no log of $1; logs exist of: $(echo *.log | sed 's/\.log//g')"
		# shellcheck disable=SC2086
		exec tail -n 200 $follow -- "$1.log"
	fi
	# shellcheck disable=SC2086
	exec tail -n 20 $follow -- *.log
}
