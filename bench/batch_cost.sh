#!/bin/sh
# Measures what one call of es_batch_many costs PostgreSQL: CPU time of the backend, and bytes of
# WAL. Prints a table of batches, from one message to 500 in up to 100 channels.
#
#   bench/batch_cost.sh [CALLS]     a private PostgreSQL, deleted at the end
#   ES_DATABASE_URL=postgresql://echostream_app@/scratch?host=... bench/batch_cost.sh [CALLS]
#
# The second form needs a database on this machine, because it reads the time of the backend in
# /proc. It creates a tenant whose rows stay, and it takes over the partitions 0 to 7, so use a
# scratch database.
#
# One row is CALLS (1,000) calls in a DO loop, with a COMMIT after each; a row of large batches
# makes fewer calls. A batch comes from as many partitions as it has channels, at most 8. All
# senders are members. The time includes the loop, which makes the keys of the messages.
set -eu
calls=${1:-1000}
if [ -z "${ES_DATABASE_URL:-}" ]; then
	. "$(dirname -- "$0")/../tests/run/lib.sh"
	private_database
	PATH=$PGBIN:$PATH
fi

# One psql session for each row: the first calls, which make the plans, are not measured.
measure() { # MESSAGES CHANNELS CALLS
	psql -XqAt -v ON_ERROR_STOP=1 -v messages="$1" -v channels="$2" -v calls="$3" "$ES_DATABASE_URL" <<'SQL'
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid
SELECT set_config('bench.messages', :'messages', false), set_config('bench.channels', :'channels', false),
    set_config('bench.calls', '20', false), set_config('synchronous_commit', 'on', false) \g /dev/null
\set loop `cat "$BATCH_COST_LOOP"`
:loop ;
SELECT set_config('bench.calls', :'calls', false) \g /dev/null
\set cpu_before `awk '{ print $14 + $15 }' /proc/$BACKEND/stat`
SELECT pg_current_wal_insert_lsn() AS wal_before \gset
:loop ;
\set cpu_after `awk '{ print $14 + $15 }' /proc/$BACKEND/stat`
\set hertz `getconf CLK_TCK`
SELECT format('%8s %8s %8s %12s %12s', :messages, :channels, :calls,
    round((:cpu_after - :cpu_before) * 1000.0 / :hertz / :calls, 3),
    round((pg_current_wal_insert_lsn() - :'wal_before') / :calls));
SQL
}

BATCH_COST_LOOP=$(mktemp)
export BATCH_COST_LOOP
trap 'code=$?; rm -f "$BATCH_COST_LOOP"; [ -z "${WORK:-}" ] || suite_end $code' EXIT
cat >"$BATCH_COST_LOOP" <<'SQL'
DO $$
DECLARE
	messages CONSTANT integer := current_setting('bench.messages');
	channels CONSTANT integer := current_setting('bench.channels');
	partitions integer[];
	epochs bigint[];
	tenants uuid[];
	channel_ids uuid[];
	senders uuid[];
	keys bytea[];
	hashes bytea[];
	cids text[];
	bodies text[];
	envelopes uuid[];
BEGIN
	SELECT array_agg(n), array_agg(p.epoch) INTO partitions, epochs
	FROM generate_series(0, least(channels, 8) - 1) n, es_partition_claim(n, 'bench', 60000) p;
	SELECT array_agg(t.id), array_agg(md5(t.id::text || i % channels)::uuid), array_agg(t.id),
	    array_agg('\x00112233445566778899aabbccddeeff'::bytea), array_agg('c-' || i),
	    array_agg(repeat('hello wo', 12)), array_agg(t.id)
	INTO tenants, channel_ids, senders, hashes, cids, bodies, envelopes
	FROM (SELECT current_setting('bench.tenant')::uuid) t (id), generate_series(1, messages) i;
	FOR i IN 1 .. current_setting('bench.calls')::integer LOOP
		SELECT array_agg(uuid_send(gen_random_uuid())) INTO keys FROM generate_series(1, messages);
		PERFORM FROM es_batch_many(partitions, epochs, array_fill(i || '-0', ARRAY[cardinality(partitions)]),
		    tenants, channel_ids, senders, keys, hashes, cids, bodies, envelopes) r
		WHERE r.outcome <> 'committed';
		IF FOUND THEN
			RAISE EXCEPTION 'a message was not committed';
		END IF;
		COMMIT;
	END LOOP;
END $$
SQL

# The tenant, its only user and 100 channels. The user's id is the tenant's.
tenant=$(cat /proc/sys/kernel/random/uuid)
psql -Xq -v ON_ERROR_STOP=1 "$ES_DATABASE_URL" >/dev/null <<SQL
SELECT es_tenant_create('$tenant', 'bench', NULL, NULL, NULL, '$tenant', '$tenant@bench.test', 'Bench');
BEGIN;
SELECT set_config('app.tenant', '$tenant', true);
INSERT INTO channels (tenant_id, id, name, created_by)
SELECT '$tenant', md5('$tenant' || i)::uuid, 'bench ' || i, '$tenant' FROM generate_series(0, 99) i;
INSERT INTO channel_heads (tenant_id, channel_id) SELECT tenant_id, id FROM channels;
INSERT INTO channel_members (tenant_id, channel_id, user_id) SELECT tenant_id, id, '$tenant' FROM channels;
COMMIT;
SQL
PGOPTIONS="${PGOPTIONS:-} -c bench.tenant=$tenant"
export PGOPTIONS

printf '%8s %8s %8s %12s %12s\n' messages channels calls 'ms a call' 'WAL a call'
for row in '1 1' '8 1' '8 8' '100 1' '100 8' '100 100' '500 1' '500 8' '500 100'; do
	set -- $row
	few=$((20000 / $1))
	[ "$few" -lt "$calls" ] || few=$calls
	measure "$1" "$2" "$few"
done
