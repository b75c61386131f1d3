-- Each origin that some active tenant allows, one a row. Crosses tenants.
--
-- Caller: programs older than migration 20261129060000. Newer programs call
-- es_origins_allowed(), which finds one origin by an index.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_allowed_origins() RETURNS SETOF text
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT DISTINCT o.origin
	FROM tenants t, jsonb_array_elements_text(
	    CASE WHEN jsonb_typeof(t.settings -> 'allowed_origins') = 'array'
		THEN t.settings -> 'allowed_origins' ELSE '[]' END) AS o (origin)
	WHERE t.status = 'active'
	ORDER BY 1
$$;

REVOKE EXECUTE ON FUNCTION es_allowed_origins FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_allowed_origins TO echostream_app;
RESET ROLE;
