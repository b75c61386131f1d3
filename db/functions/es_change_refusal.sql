-- The code with which a change to a message is refused; NULL: the user may make it. p_op is
-- edit, delete, react or unreact. p_if_version: refuse when the message has another
-- version; NULL: any. The caller holds the lock of the channel's head.
--
-- The author may edit within the tenant's editWindowSeconds (none: always) and delete at any
-- time. Admins of the channel or the tenant may edit and delete each message. Each user
-- who sees the channel may react.
--
-- Callers: es_change(), es_change_reactions(). Runs as their owner.

CREATE OR REPLACE FUNCTION es_change_refusal(p_tenant uuid, p_channel uuid, p_sender uuid,
    p_op text, p_target bigint, p_if_version bigint)
RETURNS text
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	refusal text;
BEGIN
	SELECT CASE WHEN t.status <> 'active' THEN 'tenant_suspended'
		WHEN u.status <> 'active' THEN 'forbidden'
		WHEN NOT s.sees THEN 'not_found'
		WHEN h.archived THEN 'channel_archived'
		WHEN m.sender_id IS NULL THEN 'not_found'
		WHEN m.deleted_at IS NOT NULL THEN 'gone'
		WHEN p_op NOT IN ('edit', 'delete') THEN NULL
		WHEN NOT s.is_admin AND m.sender_id <> p_sender THEN 'forbidden'
		WHEN p_op = 'edit' AND NOT s.is_admin AND m.created_at + make_interval(secs =>
			(t.settings ->> 'editWindowSeconds')::double precision)
			< clock_timestamp() THEN 'edit_window_over'
		WHEN m.version <> p_if_version THEN 'version_conflict' END
	INTO refusal
	FROM tenants t
	JOIN users u ON u.tenant_id = t.id AND u.id = p_sender
	JOIN channels c ON c.tenant_id = t.id AND c.id = p_channel
	JOIN channel_heads h ON h.tenant_id = t.id AND h.channel_id = c.id
	LEFT JOIN channel_members r ON r.tenant_id = t.id AND r.channel_id = c.id
	    AND r.user_id = u.id
	LEFT JOIN messages m ON m.tenant_id = t.id AND m.channel_id = c.id AND m.id = p_target
	CROSS JOIN LATERAL (SELECT r.role IS NOT NULL OR NOT (c.is_private
		OR u.role = 'guest' OR EXISTS (SELECT FROM channel_bans b
		    WHERE b.tenant_id = t.id AND b.channel_id = c.id AND b.user_id = u.id))
		    AS sees,
		COALESCE(r.role <> 'member', false) OR u.role IN ('owner', 'admin') AS is_admin) s
	WHERE t.id = p_tenant;
	IF NOT FOUND THEN
		RETURN 'not_found';
	END IF;
	RETURN refusal;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change_refusal FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change_refusal TO es_batch;
