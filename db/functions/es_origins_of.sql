-- The origins in a tenant's settings. Ignores all that is not a string of 1 to 255
-- characters: rows older than the check of settings may hold anything.
--
-- Caller: es_origins_follow().

CREATE OR REPLACE FUNCTION es_origins_of(p_settings jsonb) RETURNS SETOF text
LANGUAGE sql IMMUTABLE
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT DISTINCT o.value #>> '{}'
	FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p_settings -> 'allowed_origins') = 'array'
	    THEN p_settings -> 'allowed_origins' ELSE '[]' END) AS o
	WHERE jsonb_typeof(o.value) = 'string'
	AND char_length(o.value #>> '{}') BETWEEN 1 AND 255
$$;

REVOKE EXECUTE ON FUNCTION es_origins_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_origins_of TO es_operator;
