-- Deletes at most p_limit rows of the channel that was deleted first. Returns how many,
-- at least 1; 0: no deleted channel is left. Another call continues where this one
-- stopped.
--
-- Caller: fanout, through shared/store/batch_purge.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_purge_channels(p_limit integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	gone deleted_channels;
	n bigint;
	total bigint;
BEGIN
	SELECT * INTO gone FROM deleted_channels
	ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	DELETE FROM messages WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND id = ANY (ARRAY(SELECT m.id FROM messages m
		WHERE m.tenant_id = gone.tenant_id AND m.channel_id = gone.channel_id
		ORDER BY m.id LIMIT p_limit));
	GET DIAGNOSTICS total = ROW_COUNT;
	DELETE FROM channel_events WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND seq = ANY (ARRAY(SELECT e.seq
		FROM channel_events e
		WHERE e.tenant_id = gone.tenant_id AND e.channel_id = gone.channel_id
		ORDER BY e.seq LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM channel_members WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND user_id = ANY (ARRAY(SELECT m.user_id
		FROM channel_members m
		WHERE m.tenant_id = gone.tenant_id AND m.channel_id = gone.channel_id
		ORDER BY m.user_id LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM message_revisions WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND ctid = ANY (ARRAY(SELECT x.ctid FROM message_revisions x
		WHERE x.tenant_id = gone.tenant_id AND x.channel_id = gone.channel_id
		LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM reaction_counts WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND ctid = ANY (ARRAY(SELECT x.ctid FROM reaction_counts x
		WHERE x.tenant_id = gone.tenant_id AND x.channel_id = gone.channel_id
		LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM reactions WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND ctid = ANY (ARRAY(SELECT x.ctid FROM reactions x
		WHERE x.tenant_id = gone.tenant_id AND x.channel_id = gone.channel_id
		LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM change_keys WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND ctid = ANY (ARRAY(SELECT x.ctid FROM change_keys x
		WHERE x.tenant_id = gone.tenant_id AND x.channel_id = gone.channel_id
		LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	IF total < p_limit THEN
		DELETE FROM deleted_channels WHERE tenant_id = gone.tenant_id
		AND channel_id = gone.channel_id;
	END IF;
	RETURN GREATEST(total, 1);
END
$$;

REVOKE EXECUTE ON FUNCTION es_purge_channels FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_purge_channels TO echostream_app;
RESET ROLE;
