-- migrate:up

-- The check of the new foreign key reads both tables as their owner, which sees a tenant's
-- rows only: of no tenant here, since the new column holds nothing to be checked.
SET LOCAL app.tenant = '00000000-0000-0000-0000-000000000000';
ALTER TABLE api_keys
	-- The last characters of the key, so that people can tell keys apart.
	ADD COLUMN hint text NOT NULL DEFAULT '' CHECK (char_length(hint) <= 8),
	ADD COLUMN bot_user_id uuid,
	ADD COLUMN created_by uuid, -- NULL: by a key
	ADD COLUMN expires_at timestamptz,
	ADD COLUMN last_used_at timestamptz,
	ADD CONSTRAINT api_keys_bot_fkey FOREIGN KEY (tenant_id, bot_user_id)
	    REFERENCES users (tenant_id, id);
RESET app.tenant;
CREATE INDEX api_keys_bot_idx ON api_keys (tenant_id, bot_user_id);
GRANT UPDATE (last_used_at), DELETE ON api_keys TO echostream_app;

DROP FUNCTION es_api_key;

-- All that the bearer of a key is judged by, from one snapshot. p_hash is the SHA-256 of the
-- key, p_user the user that the key wants to act for (NULL: its own bot user, if it has one).
-- The user columns are NULL without a user, and when p_user is none of the key's tenant.
-- No row: unknown or revoked.
CREATE FUNCTION es_api_key(p_hash bytea, p_user uuid)
RETURNS TABLE (tenant_id uuid, id uuid, name text, scopes text, bot_user_id uuid,
    expires_ms bigint, use_is_old boolean, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_id uuid, user_status text, role text,
    display_name text, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT k.tenant_id, k.id, k.name, array_to_string(k.scopes, ' '), k.bot_user_id,
	    es_ms(k.expires_at),
	    k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute',
	    t.status, t.acl_version, t.max_messages_per_second, t.settings, u.id, u.status,
	    u.role, u.display_name, (SELECT m.epoch FROM cluster_meta m)
	FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
	LEFT JOIN users u ON u.tenant_id = k.tenant_id
	    AND u.id = COALESCE(p_user, k.bot_user_id)
	WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;

GRANT EXECUTE ON FUNCTION es_api_key TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_api_key OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_api_key;
REVOKE UPDATE (last_used_at), DELETE ON api_keys FROM echostream_app;
DROP INDEX api_keys_bot_idx;
-- A key with an end must not become one without: what expires is revoked.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
UPDATE api_keys SET revoked_at = now() WHERE expires_at IS NOT NULL AND revoked_at IS NULL;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys
	DROP CONSTRAINT api_keys_bot_fkey,
	DROP COLUMN last_used_at,
	DROP COLUMN expires_at,
	DROP COLUMN created_by,
	DROP COLUMN bot_user_id,
	DROP COLUMN hint;

-- By SHA-256 of the key. No row: unknown or revoked.
CREATE FUNCTION es_api_key(p_hash bytea)
RETURNS TABLE (tenant_id uuid, id uuid, name text, scopes text[], tenant_status text,
    acl_version bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT k.tenant_id, k.id, k.name, k.scopes, t.status, t.acl_version
	FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
	WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;

GRANT EXECUTE ON FUNCTION es_api_key TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_api_key OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;
