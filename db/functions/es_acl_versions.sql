-- The acl_version and the status of each tenant of p_tenant, one row for each element, in
-- order. Both are NULL for a tenant that does not exist. Crosses tenants.
--
-- Caller: shared/store/reader_store.c. push-server compares the version with the one that
-- it knows, and looks the rights up again when it has changed.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_acl_versions(p_tenant uuid[])
RETURNS TABLE (ord integer, acl_version bigint, status text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT u.ord::integer, t.acl_version, t.status
	FROM unnest(p_tenant) WITH ORDINALITY AS u (tenant_id, ord)
	LEFT JOIN tenants t ON t.id = u.tenant_id
	ORDER BY u.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_acl_versions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_acl_versions TO echostream_app;
RESET ROLE;
