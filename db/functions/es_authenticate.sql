-- All data that the check of a token needs, read from one snapshot: the tenant, the user
-- and the revocations of the token. No row: the tenant or the user does not exist.
-- user_status is 'active', 'deactivated' or 'deleted'. Crosses tenants.
--
-- Caller: shared/store/principal_store.c. es_authenticate_many() is the same for many
-- tokens.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_authenticate(p_tenant uuid, p_user uuid, p_jti text)
RETURNS TABLE (tenant_status text, acl_version bigint, max_messages_per_second integer,
    settings jsonb, user_status text, role text, display_name text,
    tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings,
	    CASE WHEN u.deleted_at IS NULL THEN u.status ELSE 'deleted' END, u.role,
	    u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = p_tenant AND r.jti = p_jti
		AND r.user_id IN (p_user, '00000000-0000-0000-0000-000000000000')
		AND NOT (r.spares_owners AND u.role = 'owner')),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM tenants t JOIN users u ON u.tenant_id = t.id
	WHERE t.id = p_tenant AND u.id = p_user;
END
$$;

REVOKE EXECUTE ON FUNCTION es_authenticate FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_authenticate TO echostream_app;
RESET ROLE;
