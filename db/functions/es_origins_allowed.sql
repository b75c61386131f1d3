-- The origins among p_origins that an active tenant allows. Crosses tenants: a preflight
-- and a handshake name an origin before the tenant is known.
--
-- Caller: shared/store/origin_store.c.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_origins_allowed(p_origins text[]) RETURNS SETOF text
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	RETURN QUERY SELECT a.origin FROM unnest(p_origins) AS a (origin)
	WHERE (SELECT true FROM tenant_origins o JOIN tenants t ON t.id = o.tenant_id
	    WHERE o.origin = a.origin AND t.status = 'active' LIMIT 1);
END
$$;

REVOKE EXECUTE ON FUNCTION es_origins_allowed FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_origins_allowed TO echostream_app;
RESET ROLE;
