-- Takes the next number of a channel for an event that is not a message, and stores the
-- event. No row: the channel does not exist. Runs as the caller, under app.tenant.
--
-- The head's row holds the archived flag, because es_batch() reads it there: kind
-- channel_archived sets the flag, a payload with "archived": false clears it.
--
-- Callers: shared/store/store_private.c, es_hand_on().

CREATE OR REPLACE FUNCTION es_event(p_tenant uuid, p_channel uuid, p_kind text, p_actor uuid,
    p_payload jsonb, p_message_id bigint DEFAULT NULL)
RETURNS TABLE (seq bigint, created_ms bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH head AS (
		UPDATE channel_heads h SET last_seq = h.last_seq + 1,
		    archived = CASE WHEN p_kind = 'channel_archived' THEN true
			WHEN p_payload ->> 'archived' = 'false' THEN false ELSE h.archived END
		WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel
		RETURNING h.last_seq
	)
	INSERT INTO channel_events AS e (tenant_id, channel_id, seq, kind, message_id, actor_id,
	    payload, created_at)
	SELECT p_tenant, p_channel, head.last_seq, p_kind, p_message_id, p_actor, p_payload,
	    date_trunc('milliseconds', clock_timestamp())
	FROM head
	RETURNING e.seq, es_ms(e.created_at);
END
$$;

REVOKE EXECUTE ON FUNCTION es_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_event TO echostream_app;
