-- A page of tenants by id: those after p_after; NULL from the first one.
--
-- Caller: shared/store/tenant_store.c, for the operator.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_tenant_list(p_after uuid, p_limit integer)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT t.id, t.name, es_ms(t.created_at), t.max_channels, t.max_messages_per_second,
	    t.channel_count, t.acl_version, t.status, t.settings
	FROM tenants t
	WHERE t.id > COALESCE(p_after, '00000000-0000-0000-0000-000000000000')
	ORDER BY t.id LIMIT p_limit
$$;

REVOKE EXECUTE ON FUNCTION es_tenant_list FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_tenant_list TO echostream_app;
RESET ROLE;
