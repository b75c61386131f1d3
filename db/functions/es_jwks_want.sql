-- Asks for another fetch of an issuer's key sets, because a token names a key that they
-- do not have. Returns true when a set will be fetched; false less than a minute after
-- the last attempt, so that forged key ids do not become requests to the issuer. Crosses
-- tenants.
--
-- Caller: shared/store/issuer_store.c.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_jwks_want(p_tenant uuid, p_issuer text) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	WITH wanted AS (
		UPDATE auth_keys k SET jwks_wanted_at = clock_timestamp()
		WHERE k.tenant_id = p_tenant AND k.issuer = p_issuer AND k.jwks_url IS NOT NULL
		AND k.revoked_at IS NULL
		AND k.jwks_tried_at < clock_timestamp() - interval '1 minute'
		AND (k.jwks_wanted_at IS NULL OR k.jwks_wanted_at < k.jwks_tried_at)
		RETURNING 1)
	SELECT EXISTS (SELECT FROM wanted)
$$;

REVOKE EXECUTE ON FUNCTION es_jwks_want FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_jwks_want TO echostream_app;
RESET ROLE;
