-- Changes a tenant. NULL leaves a value; a limit of -1 becomes no limit. Members of
-- p_settings replace those of the same name, and a JSON null removes one, except in
-- user_send_limit, where null means no limit. No row: the tenant does not exist.
--
-- All settings together have at most 16,384 bytes, because each request reads them;
-- settings that are already larger may shrink. acl_version rises only when the message
-- limit or the settings change: each rise makes all workers look up all connections of
-- the tenant again.
--
-- Caller: shared/store/tenant_store.c, for the operator.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_tenant_patch(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	old tenants;
	new_limit integer;
	new_settings jsonb;
BEGIN
	SELECT * INTO old FROM tenants t WHERE t.id = p_id FOR NO KEY UPDATE;
	new_limit := NULLIF(COALESCE(p_max_messages_per_second, old.max_messages_per_second), -1);
	new_settings := jsonb_strip_nulls(old.settings || COALESCE(p_settings, '{}'));
	-- In user_send_limit null is a value: no limit.
	IF (old.settings || COALESCE(p_settings, '{}')) -> 'user_send_limit' = 'null' THEN
		new_settings := new_settings || '{"user_send_limit": null}';
	END IF;
	IF octet_length(new_settings::text)
	    > GREATEST(16384, octet_length(old.settings::text)) THEN
		RAISE EXCEPTION 'settings of more than 16384 bytes'
		USING ERRCODE = 'check_violation', CONSTRAINT = 'tenants_settings_size';
	END IF;
	UPDATE tenants t SET name = COALESCE(p_name, t.name),
	    max_channels = NULLIF(COALESCE(p_max_channels, t.max_channels), -1),
	    max_messages_per_second = new_limit,
	    settings = new_settings,
	    acl_version = t.acl_version + (new_limit IS DISTINCT FROM old.max_messages_per_second
		OR new_settings <> old.settings)::integer
	WHERE t.id = p_id;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

REVOKE EXECUTE ON FUNCTION es_tenant_patch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_tenant_patch TO echostream_app;
RESET ROLE;
