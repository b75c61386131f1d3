-- The user of each token's subject, and whether the key that signed the token still
-- exists. One row an element, in order. A subject is looked up first as the tenant's own
-- (external) id, because a tenant may number its users by UUIDs, too; then as the
-- external id of a deleted user; then as EchoStream's id, in either case, since Swift
-- and .NET print UUIDs in upper case. Crosses tenants.
--
-- Caller: shared/store/issuer_store.c.

SET LOCAL ROLE es_lookup;

-- For programs older than migration 20261129090200.
CREATE OR REPLACE FUNCTION es_subjects(p_tenant uuid[], p_kid text[], p_created_ms bigint[],
    p_subject text[])
RETURNS TABLE (ord integer, key_there boolean, user_id uuid, role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT w.ord::integer, EXISTS (SELECT FROM auth_keys k WHERE k.tenant_id = w.tenant_id
		AND k.kid = w.kid AND es_ms(k.created_at) = w.created_ms
		AND k.revoked_at IS NULL),
	    COALESCE(e.id, d.id, u.id), COALESCE(e.role, d.role, u.role)
	FROM unnest(p_tenant, p_kid, p_created_ms, p_subject) WITH ORDINALITY
	    AS w (tenant_id, kid, created_ms, subject, ord)
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.external_id = w.subject LIMIT 1) e ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM deleted_external_ids x
	    JOIN users u ON u.tenant_id = x.tenant_id AND u.id = x.user_id
	    WHERE x.tenant_id = w.tenant_id
	    AND x.id_hash = es_external_hash(w.tenant_id, w.subject) LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = CASE WHEN w.subject ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		THEN w.subject::uuid END LIMIT 1) u ON true
	ORDER BY w.ord;
END
$$;

-- p_user: the user's id when the caller knows it; the function then looks up no external
-- id. NULL: looks up the subject.
CREATE OR REPLACE FUNCTION es_subjects(p_tenant uuid[], p_kid text[], p_created_ms bigint[],
    p_subject text[], p_user uuid[])
RETURNS TABLE (ord integer, key_there boolean, user_id uuid, role text)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT w.ord::integer, EXISTS (SELECT FROM auth_keys k WHERE k.tenant_id = w.tenant_id
		AND k.kid = w.kid AND es_ms(k.created_at) = w.created_ms
		AND k.revoked_at IS NULL),
	    COALESCE(e.id, d.id, u.id), COALESCE(e.role, d.role, u.role)
	FROM unnest(p_tenant, p_kid, p_created_ms, p_subject, p_user) WITH ORDINALITY
	    AS w (tenant_id, kid, created_ms, subject, known, ord)
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND w.known IS NULL AND u.external_id = w.subject LIMIT 1) e ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM deleted_external_ids x
	    JOIN users u ON u.tenant_id = x.tenant_id AND u.id = x.user_id
	    WHERE x.tenant_id = w.tenant_id AND w.known IS NULL
	    AND x.id_hash = es_external_hash(w.tenant_id, w.subject) LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = COALESCE(w.known,
		CASE WHEN w.subject ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		    THEN w.subject::uuid END) LIMIT 1) u ON true
	ORDER BY w.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_subjects(uuid[], text[], bigint[], text[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_subjects(uuid[], text[], bigint[], text[]) TO echostream_app;
REVOKE EXECUTE ON FUNCTION es_subjects(uuid[], text[], bigint[], text[], uuid[])
	FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_subjects(uuid[], text[], bigint[], text[], uuid[])
	TO echostream_app;
RESET ROLE;
