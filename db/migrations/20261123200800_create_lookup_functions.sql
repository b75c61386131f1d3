-- echostream:was 1bc61e2f75dd9bc65ca481664a106e1a16262254d79600429c03c0999c8985d7
-- migrate:up

-- What functions owned by es_lookup may do. Functions: db/functions.

GRANT SELECT (id, acl_version, status, max_messages_per_second, settings) ON tenants
	TO es_lookup;
GRANT SELECT (tenant_id, id, display_name, role, status, tokens_valid_after) ON users
	TO es_lookup;
GRANT SELECT ON channel_heads, revoked_tokens, api_keys, cluster_meta TO es_lookup;

CREATE POLICY lookup_reads ON tenants FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON users FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON channel_heads FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON revoked_tokens FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON api_keys FOR SELECT TO es_lookup USING (true);

-- migrate:down

DROP POLICY lookup_reads ON tenants;
DROP POLICY lookup_reads ON users;
DROP POLICY lookup_reads ON channel_heads;
DROP POLICY lookup_reads ON revoked_tokens;
DROP POLICY lookup_reads ON api_keys;
REVOKE ALL ON tenants, users, channel_heads, revoked_tokens, api_keys, cluster_meta
	FROM es_lookup;
