#!/bin/sh
# Measures PostgreSQL's CPU time of a head in es_heads. Each worker of push-server compares each of
# its channels in this way every 30 s (push-server/hub/heads.c). Creates a tenant with 50,000 channels;
# the rows stay, so use a scratch database.
#
#   ES_DATABASE_ADMIN_URL=postgresql://postgres@/scratch?host=... bench/capacity/heads.sh
set -eu
: "${ES_DATABASE_ADMIN_URL:?is the database to fill, with a superuser; its server runs here}"
calls=400 channels=50000 per_call=500
tenant=$(cat /proc/sys/kernel/random/uuid)
out=$(mktemp)

# The fields 14 and 15 are the user and the system time of the backend, in ticks of 10 ms.
psql -XqAt -v ON_ERROR_STOP=1 "$ES_DATABASE_ADMIN_URL" >"$out" <<SQL
SELECT es_tenant_create('$tenant', 'bench', NULL, NULL, NULL, '$tenant', '$tenant@bench.test', 'Bench') \g /dev/null
INSERT INTO channels (tenant_id, id, name, created_by)
SELECT '$tenant', md5('$tenant' || i)::uuid, 'bench ' || i, '$tenant' FROM generate_series(1, $channels) i;
INSERT INTO channel_heads (tenant_id, channel_id) SELECT tenant_id, id FROM channels WHERE tenant_id = '$tenant';
VACUUM ANALYZE channel_heads;
CREATE TEMP TABLE asked AS
SELECT array_agg('$tenant'::uuid) AS t, array_agg(md5('$tenant' || i)::uuid) AS c
FROM generate_series(1, $channels) i GROUP BY i % ($channels / $per_call);
SELECT pg_backend_pid() AS pid \gset
\setenv BACKEND :pid
\! cut -d' ' -f14,15 /proc/\$BACKEND/stat
DO \$\$
DECLARE one record; n bigint;
BEGIN
	FOR round IN 1..($calls / ($channels / $per_call)) LOOP
		FOR one IN SELECT t, c FROM asked LOOP
			SELECT count(h.last_seq) INTO n FROM es_heads(one.t, one.c) h;
			ASSERT n = $per_call;
		END LOOP;
	END LOOP;
END \$\$;
\! cut -d' ' -f14,15 /proc/\$BACKEND/stat
SQL
awk -v heads=$((calls * per_call)) '{ at[NR] = $1 + $2 } END {
	printf "%.2f us of CPU for each head\n", (at[2] - at[1]) * 10000 / heads }' "$out"
rm -f "$out"
