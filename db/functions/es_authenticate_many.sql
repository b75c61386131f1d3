-- es_authenticate() for many tokens: one row for each element whose user exists in its
-- tenant, with the element's position in ord. LATERAL with LIMIT 1 makes PostgreSQL look
-- up each element by key, however many there are. Crosses tenants.
--
-- Caller: shared/store/principal_store.c, when many clients of push-server return at
-- once.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_authenticate_many(p_tenant uuid[], p_user uuid[],
    p_jti text[])
RETURNS TABLE (ord integer, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_status text, role text,
    display_name text, tokens_valid_after_ms bigint, revoked boolean, epoch uuid,
    read_receipts boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT w.ord::integer, t.status, t.acl_version, t.max_messages_per_second, t.settings,
	    u.status, u.role, u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = w.tenant_id AND r.jti = w.jti
		AND r.user_id IN (w.user_id, '00000000-0000-0000-0000-000000000000')
		AND NOT (r.spares_owners AND u.role = 'owner')),
	    (SELECT m.epoch FROM cluster_meta m),
	    u.read_receipts AND t.settings -> 'read_receipts' IS DISTINCT FROM 'false'::jsonb
	FROM unnest(p_tenant, p_user, p_jti) WITH ORDINALITY AS w (tenant_id, user_id, jti, ord)
	JOIN LATERAL (SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings
	    FROM tenants t WHERE t.id = w.tenant_id LIMIT 1) t ON true
	JOIN LATERAL (SELECT CASE WHEN u.deleted_at IS NULL THEN u.status
		ELSE 'deleted' END AS status, u.role, u.display_name, u.tokens_valid_after,
		u.read_receipts
	    FROM users u
	    WHERE u.tenant_id = w.tenant_id AND u.id = w.user_id LIMIT 1) u ON true
	ORDER BY w.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_authenticate_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_authenticate_many TO echostream_app;
RESET ROLE;
