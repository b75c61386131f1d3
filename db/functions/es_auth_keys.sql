-- The keys of each issuer of p_issuer, up to 20 rows for each element, in order. Crosses
-- tenants. An element of p_tenant is NULL when the token does not name its tenant. The
-- issuer then must be an https URL that one tenant has registered (auth_issuers).
--
-- Caller: shared/store/issuer_store.c.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_auth_keys(p_tenant uuid[], p_issuer text[])
RETURNS TABLE (ord integer, tenant_id uuid, kid text, alg text, secret text, public_key text,
    jwks text, audience text, created_ms bigint, provision boolean, owners boolean,
    has_url boolean, tried_ms bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT w.ord::integer, k.tenant_id, k.kid, k.alg, encode(k.secret, 'hex'), k.public_key,
	    k.jwks, k.audience, es_ms(k.created_at), k.provision, k.owners,
	    k.jwks_url IS NOT NULL, COALESCE(es_ms(k.jwks_tried_at), 0)
	FROM unnest(p_tenant, p_issuer) WITH ORDINALITY AS w (tenant_id, issuer, ord)
	JOIN LATERAL (SELECT k.* FROM auth_keys k
	    WHERE k.tenant_id = COALESCE(w.tenant_id,
		(SELECT i.tenant_id FROM auth_issuers i WHERE i.issuer = w.issuer))
	    AND k.issuer = w.issuer AND k.revoked_at IS NULL ORDER BY k.kid LIMIT 20) k ON true
	ORDER BY w.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_auth_keys FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_auth_keys TO echostream_app;
RESET ROLE;
