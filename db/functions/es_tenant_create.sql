-- Creates a tenant and its first user, with role owner. Limits: NULL is the default
-- (1,000), -1 is no limit. settings NULL: no settings.
--
-- Caller: shared/store/tenant_store.c, for the operator.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_tenant_create(p_id uuid, p_name text, p_max_channels integer,
    p_max_messages_per_second integer, p_settings jsonb, p_admin uuid, p_email text,
    p_display_name text)
RETURNS TABLE (id uuid, name text, created_ms bigint, max_channels integer,
    max_messages_per_second integer, channel_count integer, acl_version bigint, status text,
    settings jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	INSERT INTO tenants (id, name, max_channels, max_messages_per_second, settings)
	VALUES (p_id, p_name, NULLIF(COALESCE(p_max_channels, 1000), -1),
	    NULLIF(COALESCE(p_max_messages_per_second, 1000), -1), COALESCE(p_settings, '{}'));
	INSERT INTO users (tenant_id, id, email, display_name, role)
	VALUES (p_id, p_admin, p_email, p_display_name, 'owner');
	RETURN QUERY SELECT * FROM es_tenant_get(p_id);
END
$$;

REVOKE EXECUTE ON FUNCTION es_tenant_create FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_tenant_create TO echostream_app;
RESET ROLE;
