#!/bin/bash
# Do what the postgres image does: create the cluster and run the scripts at the first start, then serve.
set -euo pipefail
export POSTGRES_USER=postgres
if [ ! -s "$PGDATA/PG_VERSION" ]; then
	# shellcheck disable=SC2086
	initdb --username=postgres --pwfile=<(echo "$POSTGRES_PASSWORD") --auth-local=trust \
		--auth-host=scram-sha-256 --no-sync ${POSTGRES_INITDB_ARGS:-}
	echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
	pg_ctl -w -o "-c listen_addresses=''" start
	createdb -U postgres "$POSTGRES_DB"
	for script in /docker-entrypoint-initdb.d/*.sh; do
		# The postgres image would source a script that is not executable, and this stand-in does not.
		[ -x "$script" ] || { echo "$script is not executable" >&2; exit 1; }
		"$script"
	done
	pg_ctl -w -m fast stop
fi
exec "$@" -c listen_addresses='*' -c fsync=off
