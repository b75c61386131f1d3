-- The active users who may read their channel. Element i of the arrays is a pair of user
-- and channel; each pair that may read gets one row, with i in ord. All columns are from
-- one snapshot; a later change has a higher acl_version or number. may_post is true when
-- the posting policy lets the user send, admins_post when the policy is 'admins'. A
-- guest reads only the channels that it is a member of; a banned user does not read the
-- channel of the ban. The id of the user itself is the user's feed, and the id of the
-- tenant is the tenant's, which guests do not read: nobody may post in a feed, and its head
-- is 0 before the first event. LATERAL with LIMIT 1 makes PostgreSQL look up each pair by key.
-- Crosses tenants.
--
-- Caller: shared/store/reader_store.c, for each REST send, each typing event and each
-- subscription.

SET LOCAL ROLE es_lookup;

CREATE OR REPLACE FUNCTION es_rights(p_tenant uuid[], p_user uuid[], p_channel uuid[])
RETURNS TABLE (ord integer, last_seq bigint, is_private boolean, is_member boolean,
    archived boolean, acl_version bigint, epoch uuid,
    may_post boolean, admins_post boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT w.ord::integer, h.last_seq, c.is_private, m.user_id IS NOT NULL, h.archived,
	    t.acl_version, (SELECT e.epoch FROM cluster_meta e),
	    c.posting_policy = 'everyone' OR u.role IN ('owner', 'admin')
		OR COALESCE(m.role <> 'member', false),
	    c.posting_policy = 'admins'
	FROM unnest(p_tenant, p_user, p_channel) WITH ORDINALITY
	    AS w (tenant_id, user_id, channel_id, ord)
	JOIN LATERAL (SELECT t.acl_version FROM tenants t
	    WHERE t.id = w.tenant_id AND t.status = 'active' LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = w.user_id AND u.status = 'active' LIMIT 1) u ON true
	JOIN LATERAL (SELECT c.is_private, c.posting_policy FROM channels c
	    WHERE c.tenant_id = w.tenant_id AND c.id = w.channel_id LIMIT 1) c ON true
	JOIN LATERAL (SELECT h.last_seq, h.archived FROM channel_heads h
	    WHERE h.tenant_id = w.tenant_id AND h.channel_id = w.channel_id LIMIT 1) h ON true
	LEFT JOIN LATERAL (SELECT m.user_id, m.role FROM channel_members m
	    WHERE m.tenant_id = w.tenant_id AND m.channel_id = w.channel_id
	    AND m.user_id = w.user_id LIMIT 1) m ON true
	WHERE m.user_id IS NOT NULL OR (NOT c.is_private AND u.role <> 'guest'
	    AND NOT EXISTS (SELECT FROM channel_bans b WHERE b.tenant_id = w.tenant_id
		AND b.channel_id = w.channel_id AND b.user_id = w.user_id))
	UNION ALL
	SELECT w.ord::integer, COALESCE(h.last_seq, 0), true, true, false,
	    t.acl_version, (SELECT e.epoch FROM cluster_meta e), false, false
	FROM unnest(p_tenant, p_user, p_channel) WITH ORDINALITY
	    AS w (tenant_id, user_id, channel_id, ord)
	JOIN LATERAL (SELECT t.acl_version FROM tenants t
	    WHERE t.id = w.tenant_id AND t.status = 'active' LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = w.user_id AND u.status = 'active' LIMIT 1) u ON true
	LEFT JOIN LATERAL (SELECT h.last_seq FROM channel_heads h
	    WHERE h.tenant_id = w.tenant_id AND h.channel_id = w.channel_id LIMIT 1) h ON true
	WHERE w.channel_id IN (w.user_id, w.tenant_id)
	AND (w.channel_id = w.user_id OR u.role <> 'guest')
	ORDER BY 1;
END
$$;

REVOKE EXECUTE ON FUNCTION es_rights FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_rights TO echostream_app;
RESET ROLE;
