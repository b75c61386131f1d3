-- migrate:up

-- Every raise of acl_version makes all workers look up all connections of the tenant, so only
-- a change raises it that a worker has to act on. Workers keep the limits and the settings
-- (origins, keys of tokens); they do not keep name and max_channels.
-- As before: NULL leaves a value as it is, members of p_settings replace those of the same
-- name, a JSON null removes one. No row: no such tenant.
DROP FUNCTION es_tenant_patch;
CREATE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	old tenants;
	new_limit integer;
	new_settings jsonb;
BEGIN
	SELECT * INTO old FROM tenants t WHERE t.id = p_id FOR NO KEY UPDATE;
	new_limit := COALESCE(p_max_messages_per_second, old.max_messages_per_second);
	new_settings := jsonb_strip_nulls(old.settings || COALESCE(p_settings, '{}'));
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = COALESCE(p_max_channels, t.max_channels),
	    max_messages_per_second = new_limit,
	    settings = new_settings,
	    acl_version = t.acl_version + (new_limit <> old.max_messages_per_second
		OR new_settings <> old.settings)::integer
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

GRANT EXECUTE ON FUNCTION es_tenant_patch TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_tenant_patch OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;

-- migrate:down

DROP FUNCTION es_tenant_patch;
CREATE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
BEGIN
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = COALESCE(p_max_channels, t.max_channels),
	    max_messages_per_second = COALESCE(p_max_messages_per_second,
		t.max_messages_per_second),
	    settings = jsonb_strip_nulls(t.settings || COALESCE(p_settings, '{}')),
	    acl_version = t.acl_version + 1
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

GRANT EXECUTE ON FUNCTION es_tenant_patch TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_tenant_patch OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;
