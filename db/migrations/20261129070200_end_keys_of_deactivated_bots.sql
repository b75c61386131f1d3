-- migrate:up

DROP FUNCTION es_api_key;

-- The user of a key whose bot is deactivated is the bot, whatever user the key wants to act
-- for: the programs refuse such a key.
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
	LEFT JOIN users b ON b.tenant_id = k.tenant_id AND b.id = k.bot_user_id
	LEFT JOIN users u ON u.tenant_id = k.tenant_id
	    AND u.id = CASE WHEN b.status <> 'active' THEN b.id
		ELSE COALESCE(p_user, k.bot_user_id) END
	WHERE k.hash = p_hash AND k.revoked_at IS NULL
$$;

GRANT EXECUTE ON FUNCTION es_api_key TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_api_key OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_api_key;

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
