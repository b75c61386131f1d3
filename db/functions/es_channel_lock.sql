-- Locks a channel's head and returns its last number and its archived flag. No row: the
-- channel does not exist. Each transaction that changes a channel or its members calls
-- this first, before it reads anything that the change depends on. Runs as the caller,
-- under app.tenant.
--
-- Callers: shared/store/store_private.c, shared/store/ownership_store.c, es_hand_on().

CREATE OR REPLACE FUNCTION es_channel_lock(p_tenant uuid, p_channel uuid)
RETURNS TABLE (last_seq bigint, archived boolean)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off SET jit = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	RETURN QUERY
	SELECT h.last_seq, h.archived FROM channel_heads h
	WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel FOR NO KEY UPDATE;
END
$$;

REVOKE EXECUTE ON FUNCTION es_channel_lock FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_channel_lock TO echostream_app;
