-- The hash under which deleted_external_ids keeps an external id. The tenant is part of
-- it, so equal ids of two tenants have different hashes.
--
-- Callers: es_subjects(), es_provision(), es_hold_external_id(), es_renew_external_id().

CREATE OR REPLACE FUNCTION es_external_hash(p_tenant uuid, p_external text)
RETURNS bytea
LANGUAGE sql STABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT sha256(convert_to(p_tenant || p_external, 'UTF8'))
$$;

REVOKE EXECUTE ON FUNCTION es_external_hash FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_external_hash TO echostream_app, es_lookup;
