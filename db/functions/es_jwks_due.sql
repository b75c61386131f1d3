-- Claims up to p_limit key sets (JWKS) that are due for a fetch: a token asked for the
-- set (es_jwks_want()), or the last attempt is ten minutes old. A set with an attempt
-- less than a minute ago is not due, so one caller has it for a minute. Crosses tenants.
--
-- Caller: api-fcgi, through shared/store/issuer_store.c.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_jwks_due(p_limit integer)
RETURNS TABLE (tenant_id uuid, kid text, alg text, url text)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	UPDATE auth_keys k SET jwks_tried_at = clock_timestamp()
	FROM (SELECT d.tenant_id, d.kid FROM auth_keys d
	    JOIN tenants t ON t.id = d.tenant_id AND t.status = 'active'
	    WHERE d.jwks_url IS NOT NULL AND d.revoked_at IS NULL
	    AND d.jwks_tried_at < clock_timestamp() - interval '1 minute'
	    AND (d.jwks_wanted_at > d.jwks_tried_at
		OR d.jwks_tried_at < clock_timestamp() - interval '10 minutes')
	    ORDER BY d.jwks_tried_at LIMIT p_limit FOR UPDATE OF d SKIP LOCKED) due
	WHERE k.tenant_id = due.tenant_id AND k.kid = due.kid
	RETURNING k.tenant_id, k.kid, k.alg, k.jwks_url
$$;

REVOKE EXECUTE ON FUNCTION es_jwks_due FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_jwks_due TO echostream_app;
RESET ROLE;
