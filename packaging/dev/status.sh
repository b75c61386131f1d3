# ./dev status: print addresses, keys, commands to try, and the state of each program.

DEMO_GENERAL=01900000-0000-7000-8000-00000000c001

token_for() {
	"$BUILD/ctl/echostreamctl" token mint --tenant acme --user "$1"
}

# Print the addresses of the stack, and the operator key.
status_urls() {
	[ -f "$ROOT/web/index.html" ] && say "  Chat demo        $ES_URL/"
	[ -f "$ROOT/web/ops/index.html" ] && say "  Operator page    $ES_URL/ops/"
	[ -f "$ROOT/docs/index.html" ] && say "  API reference    $ES_URL/docs/"
	say "  REST             $ES_URL/api/v1/"
	say "  WebSocket        $ES_WS_URL"
	say "  Push, direct     $ES_PUSH_URL"
	say "  Health           $ES_URL/healthz  /readyz  /metrics  /version  and below /push/, /fanout/  (loopback only)"
	say "  Operator key     $ES_OPERATOR_KEY"
}

# Write the addresses to a file without secrets, for tools that do not call ./dev.
status_write() {
	{
		echo "ES_URL=$ES_URL"
		echo "ES_WS_URL=$ES_WS_URL"
		echo "ES_PUSH_URL=$ES_PUSH_URL"
	} >"$DEV/urls.env"
}

# dev_command: print ./dev as the user would type it, with ES_DEV_DIR unless the stack is in .dev
dev_command() {
	me=./dev
	[ "$PWD" = "$ROOT" ] || me=$ROOT/dev
	[ "$DEV" = "$ROOT/.dev" ] || me="ES_DEV_DIR=$DEV $me"
	echo "$me"
}

# Report running programs that are older than the last build.
programs_stale() {
	stale=''
	for name in fanout push api; do
		pids_read "$name" || continue
		# The linker writes a new file, so the inode differs after a build.
		[ "$(stat -Lc %i "/proc/$pid/exe")" = "$(stat -Lc %i "$(program_binary "$name")")" ] ||
			stale="$stale $name"
	done
	[ -z "$stale" ] || say "${YELLOW}Older than the build, until $(dev_command) restart:$PLAIN$stale"
}

status_block() {
	me=$(dev_command)
	say ''
	status_urls
	alice=$(token_for alice 2>/dev/null) &&
		say "  alice's token    $alice" &&
		say "                   (24 h, tenant acme; \`$me token bob\` for others)"
	say ''
	say 'Try:'
	say "  curl -s $ES_URL/api/v1/channels -H \"Authorization: Bearer \$($me token alice)\""
	say "  curl -s $ES_URL/api/v1/channels/$DEMO_GENERAL/messages -H \"Authorization: Bearer \$($me token alice)\" -H 'Content-Type: application/json' -d '{\"body\":\"hello\"}'"
	say "  $me ctl tail general"
	have npx && say "  npx -y wscat -c \"$ES_WS_URL?token=\$($me token bob)\" -x '{\"type\":\"subscribe\",\"id\":\"1\",\"channelId\":\"$DEMO_GENERAL\"}' -w 60"
	say ''
}

# status_running: succeed when a supervisor runs in this folder; set $stack_state
status_running() {
	stack_state=down
	[ -e "$DEV/lock" ] || return 1
	flock -n "$DEV/lock" true && return 1
	stack_state=$(cat "$RUN/state" 2>/dev/null) || stack_state=starting
	[ -f "$DEV/env" ]
}

status_programs() {
	say '  program    state     pid  workers            up since'
	for name in $PROGRAMS; do
		if pids_read "$name"; then
			printf '  %-10s %-5s %7s  %-18s %s\n' "$name" up "$pid" \
				"$(status_workers "$name" | tr '\n' ' ' | sed 's/ $//')" "$(date -d "@$since" '+%F %T')"
		else
			printf '  %-10s %-5s %7s\n' "$name" down -
		fi
	done
}

# status_workers NAME: print the worker processes of our own programs; print nothing for servers
status_workers() {
	case $1 in
	api | push | fanout) proc_children "$pid" ;;
	esac
}

status_json() {
	printf '{"state":"%s"' "$stack_state"
	while IFS= read -r line; do
		printf ',"%s":"%s"' "${line%%=*}" "$(printf %s "${line#*=}" | sed 's/[\\"]/\\&/g')"
	done <"$DEV/env"
	printf ',"programs":['
	comma=''
	for name in $PROGRAMS; do
		state=down
		pids_read "$name" && state=up
		printf '%s{"name":"%s","state":"%s","pid":%s,"workers":[%s],"since":%s,"deaths":%s}' \
			"$comma" "$name" $state "$pid" \
			"$([ $state = up ] && status_workers "$name" | paste -sd, -)" "$since" "$deaths"
		comma=,
	done
	printf ']}\n'
}

verb_status() {
	form=text
	case "${1:-} ${2:-}" in
	' ') ;;
	'-o env' | '-o json') form=$2 ;;
	*) die 2 'usage: status [-o env|json]' ;;
	esac
	status_running || {
		[ $form = json ] && say '{"state":"down","programs":[]}'
		[ $form = text ] && say "EchoStream is not running here ($(short_path "$DEV")). ./dev up starts it."
		exit 3
	}
	load_env "$DEV/env"
	case $form in
	env) cat "$DEV/env" ;;
	json) status_json ;;
	text)
		say "EchoStream: $stack_state  (data: $(short_path "$DEV")  logs: $(short_path "$LOG"))"
		status_programs
		status_block
		programs_stale
		;;
	esac
	[ "$stack_state" = ready ] || exit 3
}
