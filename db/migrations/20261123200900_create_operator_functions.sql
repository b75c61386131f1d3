-- echostream:was a59c3ef6fc8a231d49194ccbbf64c15bec76b29cebd9bfb4b2cc995a13dcc998
-- migrate:up

-- What functions owned by es_operator may do. Functions: db/functions.

GRANT SELECT, INSERT, UPDATE (name, max_channels, max_messages_per_second, settings, status,
	acl_version) ON tenants TO es_operator;
GRANT INSERT ON users TO es_operator;
GRANT SELECT, UPDATE ON channel_heads TO es_operator;
GRANT SELECT, UPDATE ON cluster_meta TO es_operator;
GRANT SELECT ON dead_letters TO es_operator;

CREATE POLICY operator_reads ON tenants FOR SELECT TO es_operator USING (true);
CREATE POLICY operator_makes ON tenants FOR INSERT TO es_operator WITH CHECK (true);
CREATE POLICY operator_changes ON tenants FOR UPDATE TO es_operator USING (true);
CREATE POLICY operator_makes ON users FOR INSERT TO es_operator WITH CHECK (true);
CREATE POLICY operator_reads ON channel_heads FOR SELECT TO es_operator USING (true);
CREATE POLICY operator_changes ON channel_heads FOR UPDATE TO es_operator USING (true);

-- migrate:down

DROP POLICY operator_reads ON tenants;
DROP POLICY operator_makes ON tenants;
DROP POLICY operator_changes ON tenants;
DROP POLICY operator_makes ON users;
DROP POLICY operator_reads ON channel_heads;
DROP POLICY operator_changes ON channel_heads;
REVOKE ALL ON tenants, users, channel_heads, cluster_meta, dead_letters FROM es_operator;
