-- Takes the next number of a feed for an event, and stores the event. p_feed is the id of
-- the user or of the tenant that the feed belongs to; the first event creates the feed's
-- head. Returns the number and the time. Runs as the caller, under app.tenant.
--
-- A transaction locks the heads of channels first and calls this last, for several feeds
-- in the order of their ids: two transactions then never wait for each other.
--
-- Callers: shared/store/feed_store.c, es_provision().

CREATE OR REPLACE FUNCTION es_feed_event(p_tenant uuid, p_feed uuid, p_kind text,
    p_actor uuid, p_payload jsonb)
RETURNS TABLE (seq bigint, created_ms bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	WITH head AS (
		INSERT INTO channel_heads AS h (tenant_id, channel_id, last_seq)
		VALUES (p_tenant, p_feed, 1)
		ON CONFLICT (tenant_id, channel_id) DO UPDATE SET last_seq = h.last_seq + 1
		RETURNING h.last_seq
	)
	INSERT INTO channel_events AS e (tenant_id, channel_id, seq, kind, actor_id, payload,
	    created_at)
	SELECT p_tenant, p_feed, head.last_seq, p_kind, p_actor, p_payload,
	    date_trunc('milliseconds', clock_timestamp())
	FROM head
	RETURNING e.seq, es_ms(e.created_at);
END
$$;

REVOKE EXECUTE ON FUNCTION es_feed_event FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_feed_event TO echostream_app;
