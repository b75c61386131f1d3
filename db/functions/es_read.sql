-- Moves a member's read mark, only forward and not past the head. p_seq NULL: to the
-- head. Returns the mark after the call; no row: the user is not a member. Runs as the
-- caller, under app.tenant.
--
-- Caller: api-fcgi, through shared/store/read_mark_store.c.

CREATE OR REPLACE FUNCTION es_read(p_tenant uuid, p_channel uuid, p_user uuid, p_seq bigint)
RETURNS TABLE (last_read_seq bigint, last_read_ms bigint)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	UPDATE channel_members m
	SET last_read_seq = GREATEST(m.last_read_seq, LEAST(p_seq, h.last_seq)),
	    last_read_at = CASE WHEN LEAST(p_seq, h.last_seq) > m.last_read_seq
		THEN clock_timestamp() ELSE m.last_read_at END
	FROM channel_heads h
	WHERE m.tenant_id = p_tenant AND m.channel_id = p_channel AND m.user_id = p_user
	AND h.tenant_id = p_tenant AND h.channel_id = p_channel
	RETURNING m.last_read_seq, es_ms(m.last_read_at);
END
$$;

REVOKE EXECUTE ON FUNCTION es_read FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_read TO echostream_app;
