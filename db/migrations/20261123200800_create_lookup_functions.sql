-- migrate:up

GRANT SELECT (id, acl_version, status, max_messages_per_second, settings) ON tenants
	TO es_lookup;
GRANT SELECT (tenant_id, id, display_name, role, status, tokens_valid_after) ON users
	TO es_lookup;
GRANT SELECT ON channel_heads, revoked_tokens, api_keys, cluster_meta TO es_lookup;
GRANT EXECUTE ON FUNCTION es_ms TO es_lookup;

CREATE POLICY lookup_reads ON tenants FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON users FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON channel_heads FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON revoked_tokens FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_reads ON api_keys FOR SELECT TO es_lookup USING (true);

-- The last number of each channel, one row an element, in order. NULL: no such channel.
CREATE FUNCTION es_heads(p_tenant uuid[], p_channel uuid[])
RETURNS TABLE (ord integer, last_seq bigint, archived boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT u.ord::integer, h.last_seq, h.archived
	FROM unnest(p_tenant, p_channel) WITH ORDINALITY AS u (tenant_id, channel_id, ord)
	LEFT JOIN channel_heads h USING (tenant_id, channel_id)
	ORDER BY u.ord
$$;

-- One row an element, in order. NULL: no such tenant.
CREATE FUNCTION es_acl_versions(p_tenant uuid[])
RETURNS TABLE (ord integer, acl_version bigint, status text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT u.ord::integer, t.acl_version, t.status
	FROM unnest(p_tenant) WITH ORDINALITY AS u (tenant_id, ord)
	LEFT JOIN tenants t ON t.id = u.tenant_id
	ORDER BY u.ord
$$;

-- All that a token's bearer is judged by, from one snapshot. No row: no such tenant or user.
CREATE FUNCTION es_authenticate(p_tenant uuid, p_user uuid, p_jti text)
RETURNS TABLE (tenant_status text, acl_version bigint, max_messages_per_second integer,
    settings jsonb, user_status text, role text, display_name text,
    tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings, u.status, u.role,
	    u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = p_tenant AND r.jti = p_jti),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM tenants t JOIN users u ON u.tenant_id = t.id
	WHERE t.id = p_tenant AND u.id = p_user
$$;

-- By SHA-256 of the key. No row: unknown or revoked.
CREATE FUNCTION es_api_key(p_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, scopes text[], tenant_status text,
    acl_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT k.tenant_id, k.id, k.name, k.scopes, t.status, t.acl_version
	FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
	WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;

-- Every origin that some active tenant allows: a preflight carries no tenant.
CREATE FUNCTION es_allowed_origins() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT DISTINCT o.origin
	FROM tenants t, jsonb_array_elements_text(
	    CASE WHEN jsonb_typeof(t.settings -> 'allowed_origins') = 'array'
		THEN t.settings -> 'allowed_origins' ELSE '[]' END) AS o (origin)
	WHERE t.status = 'active'
	ORDER BY 1
$$;

CREATE FUNCTION es_epoch() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT epoch FROM cluster_meta
$$;

GRANT EXECUTE ON FUNCTION es_heads, es_acl_versions, es_authenticate, es_api_key,
	es_allowed_origins, es_epoch TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_heads OWNER TO es_lookup;
ALTER FUNCTION es_acl_versions OWNER TO es_lookup;
ALTER FUNCTION es_authenticate OWNER TO es_lookup;
ALTER FUNCTION es_api_key OWNER TO es_lookup;
ALTER FUNCTION es_allowed_origins OWNER TO es_lookup;
ALTER FUNCTION es_epoch OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_epoch;
DROP FUNCTION es_allowed_origins;
DROP FUNCTION es_api_key;
DROP FUNCTION es_authenticate;
DROP FUNCTION es_acl_versions;
DROP FUNCTION es_heads;
DROP POLICY lookup_reads ON tenants;
DROP POLICY lookup_reads ON users;
DROP POLICY lookup_reads ON channel_heads;
DROP POLICY lookup_reads ON revoked_tokens;
DROP POLICY lookup_reads ON api_keys;
REVOKE ALL ON tenants, users, channel_heads, revoked_tokens, api_keys, cluster_meta
	FROM es_lookup;
REVOKE EXECUTE ON FUNCTION es_ms FROM es_lookup;
