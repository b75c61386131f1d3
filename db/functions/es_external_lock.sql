-- Makes the deletion of a user and the creation of a user with the same external id wait
-- for each other, until the transaction ends.
--
-- Callers: es_provision(), es_hold_external_id().

CREATE OR REPLACE FUNCTION es_external_lock(p_tenant uuid, p_external text) RETURNS void
LANGUAGE sql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT pg_advisory_xact_lock(hashtextextended(p_tenant || p_external, 0))
$$;

REVOKE EXECUTE ON FUNCTION es_external_lock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_external_lock TO echostream_app;
