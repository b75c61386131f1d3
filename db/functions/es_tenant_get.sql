-- One tenant by its id. No row: the tenant does not exist.
--
-- Callers: shared/store/tenant_store.c, es_tenant_create(), es_tenant_patch(),
-- es_tenant_status().

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_tenant_get(p_id uuid)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT t.id, t.name, es_ms(t.created_at), t.max_channels, t.max_messages_per_second,
	    t.channel_count, t.acl_version, t.status, t.settings
	FROM tenants t WHERE t.id = p_id
$$;

REVOKE EXECUTE ON FUNCTION es_tenant_get FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_tenant_get TO echostream_app;
RESET ROLE;
