-- The epoch of the installation's sequence numbers. es_recovered() begins a new one;
-- cursors of an older epoch are then invalid.
--
-- Callers: shared/store/db_store.c, and readiness.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_epoch() RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT epoch FROM cluster_meta
$$;

REVOKE EXECUTE ON FUNCTION es_epoch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_epoch TO echostream_app;
RESET ROLE;
