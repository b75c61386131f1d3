-- Turns a message into a tombstone. Its text leaves the row and the revisions, and its
-- reactions go with it. The row and its dedupe key stay, so that a repeat of the send
-- remains a repeat. The caller holds the lock of the channel's head.
--
-- Caller: es_change(). Runs as its owner.

CREATE OR REPLACE FUNCTION es_change_tombstone(p_tenant uuid, p_channel uuid, p_target bigint,
    p_moment timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	UPDATE messages m SET body = '', deleted_at = p_moment
	WHERE m.tenant_id = p_tenant AND m.channel_id = p_channel AND m.id = p_target;
	DELETE FROM message_revisions r WHERE r.tenant_id = p_tenant
	AND r.channel_id = p_channel AND r.message_id = p_target;
	DELETE FROM reactions r WHERE r.tenant_id = p_tenant AND r.channel_id = p_channel
	AND r.message_id = p_target;
	DELETE FROM reaction_counts r WHERE r.tenant_id = p_tenant AND r.channel_id = p_channel
	AND r.message_id = p_target;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change_tombstone FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change_tombstone TO es_batch;
