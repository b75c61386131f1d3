-- Sets a tenant's status to 'active' or 'suspended'. Setting the present status changes
-- nothing. No row: the tenant does not exist.
--
-- Caller: shared/store/tenant_store.c, for the operator.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_tenant_status(p_id uuid, p_status text)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	UPDATE tenants t SET status = p_status, acl_version = t.acl_version + 1
	WHERE t.id = p_id AND t.status <> p_status;
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

REVOKE EXECUTE ON FUNCTION es_tenant_status FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_tenant_status TO echostream_app;
RESET ROLE;
