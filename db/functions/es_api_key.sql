-- All data that the check of an API key needs, read from one snapshot. Crosses tenants: a
-- request presents a key without its tenant.
--
-- p_hash  SHA-256 of the key
-- p_user  the user that the key acts for; NULL: the key's own bot user, if it has one
--
-- No row: the key is unknown or revoked. The user columns are NULL when the key acts for
-- no user, and when p_user is not a user of the key's tenant. When the key's bot is
-- deactivated, the user is the bot, whatever p_user is: the programs then refuse the
-- key. use_is_old is true when the stored last use is older than a minute, so that a
-- busy key does not update its row at each request.
--
-- Caller: shared/store/api_key_bearer.c.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_api_key(p_hash bytea, p_user uuid)
RETURNS TABLE (tenant_id uuid, id uuid, name text, scopes text, bot_user_id uuid,
    expires_ms bigint, use_is_old boolean, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_id uuid, user_status text, role text,
    display_name text, epoch uuid)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT k.tenant_id, k.id, k.name, array_to_string(k.scopes, ' '), k.bot_user_id,
	    es_ms(k.expires_at),
	    k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 minute',
	    t.status, t.acl_version, t.max_messages_per_second, t.settings, u.id, u.status,
	    u.role, u.display_name, (SELECT m.epoch FROM cluster_meta m)
	FROM api_keys k JOIN tenants t ON t.id = k.tenant_id
	LEFT JOIN users b ON b.tenant_id = k.tenant_id AND b.id = k.bot_user_id
	LEFT JOIN users u ON u.tenant_id = k.tenant_id
	    AND u.id = CASE WHEN b.status <> 'active' THEN b.id
		ELSE COALESCE(p_user, k.bot_user_id) END
	WHERE k.hash = p_hash AND k.revoked_at IS NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION es_api_key FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_api_key TO echostream_app;
RESET ROLE;
