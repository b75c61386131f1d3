-- echostream:was 8df35de9b018a37b4f388b8a34f8a1f048f0335f957a5e5ccbe3baeef683dc09
-- migrate:up

-- What functions owned by es_batch may do. Functions: db/functions.

GRANT SELECT (id, status) ON tenants TO es_batch;
GRANT SELECT (tenant_id, id, display_name, status) ON users TO es_batch;
GRANT SELECT (tenant_id, id, is_private) ON channels TO es_batch;
GRANT SELECT, UPDATE (last_seq) ON channel_heads TO es_batch;
GRANT SELECT, INSERT ON channel_members TO es_batch;
GRANT SELECT, INSERT ON messages TO es_batch;
GRANT INSERT ON channel_events TO es_batch;
GRANT SELECT, INSERT, UPDATE, DELETE ON refused_messages TO es_batch;
GRANT SELECT, DELETE ON revoked_tokens TO es_batch;
GRANT SELECT, INSERT, UPDATE ON queue_partitions TO es_batch;
GRANT SELECT (source, source_id), INSERT ON dead_letters TO es_batch;

CREATE POLICY batch_reads ON tenants FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_reads ON users FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_reads ON channels FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_reads ON channel_heads FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_counts ON channel_heads FOR UPDATE TO es_batch USING (true);
CREATE POLICY batch_reads ON channel_members FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_joins ON channel_members FOR INSERT TO es_batch WITH CHECK (true);
CREATE POLICY batch_reads ON messages FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_writes ON messages FOR INSERT TO es_batch WITH CHECK (true);
CREATE POLICY batch_writes ON channel_events FOR INSERT TO es_batch WITH CHECK (true);
CREATE POLICY batch_refuses ON refused_messages TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_reads ON revoked_tokens FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_purges ON revoked_tokens FOR DELETE TO es_batch USING (true);

-- migrate:down

DROP POLICY batch_reads ON tenants;
DROP POLICY batch_reads ON users;
DROP POLICY batch_reads ON channels;
DROP POLICY batch_reads ON channel_heads;
DROP POLICY batch_counts ON channel_heads;
DROP POLICY batch_reads ON channel_members;
DROP POLICY batch_joins ON channel_members;
DROP POLICY batch_reads ON messages;
DROP POLICY batch_writes ON messages;
DROP POLICY batch_writes ON channel_events;
DROP POLICY batch_refuses ON refused_messages;
DROP POLICY batch_reads ON revoked_tokens;
DROP POLICY batch_purges ON revoked_tokens;
REVOKE ALL ON tenants, users, channels, channel_heads, channel_members, messages,
	channel_events, refused_messages, revoked_tokens, queue_partitions, dead_letters
	FROM es_batch;
