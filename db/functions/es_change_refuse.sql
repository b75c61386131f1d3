-- Stores that a change was refused, for 24 hours: the acceptor that missed the answer finds
-- it by the key, and a redelivery of the same envelope is refused again.
--
-- Callers: es_change(), es_change_reactions(). Runs as their owner.

CREATE OR REPLACE FUNCTION es_change_refuse(p_tenant uuid, p_channel uuid, p_sender uuid,
    p_key bytea, p_cid text, p_envelope uuid, p_code text, p_moment timestamptz)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	INSERT INTO refused_messages (tenant_id, channel_id, dedupe_key, sender_id,
	    client_message_id, code, created_at, envelope_id)
	VALUES (p_tenant, p_channel, p_key, p_sender, p_cid, p_code, p_moment, p_envelope)
	ON CONFLICT ON CONSTRAINT refused_messages_pkey DO UPDATE
	SET code = excluded.code, created_at = excluded.created_at;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change_refuse FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change_refuse TO es_batch;
