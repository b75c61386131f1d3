#!/bin/bash
# Runs echostream-api and lighttpd in one container until one of them exits or SIGTERM arrives. tini
# is process 1: it reaps orphans and passes signals on to this script. SIGHUP goes to
# echostream-api.
set -u

say() {
	printf '{"ts":"%s","lvl":"%s","svc":"container","msg":"%s","program":"%s","status":%d}\n' \
		"$(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)" "$@" >&2
}

# await PID: wait until the process has ended; a signal interrupts `wait`, so repeat it
await() {
	while kill -0 "$1" 2>/dev/null; do
		wait "$1"
	done
}

asked=no ended=''
trap 'asked=yes' TERM INT
trap 'kill -HUP "$api"' HUP
echostream-api &
api=$!
lighttpd -D -f "$ES_ROOT/lighttpd/docker.conf" &
front=$!

# `wait` leaves `ended` unset when a signal interrupts it.
until [ -n "$ended" ] || [ $asked = yes ]; do
	wait -n -p ended "$api" "$front"
	code=$?
	ended=${ended:-}
done

# Stop lighttpd first: SIGINT lets it finish its open requests, which echostream-api must answer.
kill -INT "$front" 2>/dev/null
await "$front"
kill -TERM "$api" 2>/dev/null
await "$api"

[ -n "$ended" ] || exit 0
name=lighttpd
[ "$ended" = "$front" ] || name=echostream-api
say error 'program ended, so the container ends' $name $code
# Without a SIGTERM, any exit is a failure, also with status 0.
[ $code -ne 0 ] || code=1
exit $code
