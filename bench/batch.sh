#!/bin/sh
# Measures how many messages a second es_batch commits, with 1, 2 and 4 concurrent writers.
# Creates a tenant; each batch has 500 messages for 50 channels. The rows stay, so use a scratch
# database.
#
#   ES_DATABASE_URL=postgresql://echostream_app@/scratch?host=... bench/batch.sh [SECONDS]
set -eu
: "${ES_DATABASE_URL:?is the database to fill, with the role echostream_app}"
seconds=${1:-10}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
uuid() {
	cat /proc/sys/kernel/random/uuid
}
tenant=$(uuid)
user=$(uuid)

psql -Xq -v ON_ERROR_STOP=1 "$ES_DATABASE_URL" >/dev/null <<SQL
SELECT es_tenant_create('$tenant', 'bench', NULL, NULL, NULL, '$user', '$user@bench.test', 'Bench');
BEGIN;
SELECT set_config('app.tenant', '$tenant', true);
INSERT INTO channels (tenant_id, id, name, created_by)
SELECT '$tenant', md5('$tenant' || i)::uuid, 'bench ' || i, '$user' FROM generate_series(0, 49) i;
INSERT INTO channel_heads (tenant_id, channel_id)
SELECT tenant_id, id FROM channels;
COMMIT;
SQL

cat >"$work/batch.sql" <<SQL
SELECT count(*) FROM (
	SELECT array_agg('$tenant'::uuid) AS t, array_agg(md5('$tenant' || i % 50)::uuid) AS c,
	    array_agg('$user'::uuid) AS u, array_agg(uuid_send(gen_random_uuid())) AS k,
	    array_agg('\x00112233445566778899aabbccddeeff'::bytea) AS h,
	    array_agg('c-' || i) AS cid, array_agg(repeat('hello wo', 12)) AS b
	FROM generate_series(1, 500) i) m,
    LATERAL es_batch(NULL, NULL, NULL, m.t, m.c, m.u, m.k, m.h, m.cid, m.b);
SQL

for writers in 1 2 4; do
	tps=$(pgbench -n -M prepared -f "$work/batch.sql" -c $writers -j $writers -T "$seconds" \
		"$ES_DATABASE_URL" 2>/dev/null | sed -n 's/^tps = \([0-9.]*\).*/\1/p')
	printf '%d writer(s): %d messages/s, %s batches/s\n' $writers \
		"$(echo "$tps" | awk '{ print int($1 * 500) }')" "$tps"
done
