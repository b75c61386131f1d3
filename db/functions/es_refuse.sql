-- Stores that a message was refused, because its entry became a dead letter. A query by
-- client message id then returns the reason.
--
-- Caller: fanout, through shared/store/batch_dead_letter.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_refuse(p_tenant uuid, p_channel uuid, p_key text, p_envelope uuid,
    p_sender uuid, p_client_message_id text, p_code text)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	INSERT INTO refused_messages (tenant_id, channel_id, dedupe_key, envelope_id, sender_id,
	    client_message_id, code)
	VALUES (p_tenant, p_channel, decode(p_key, 'hex'), p_envelope, p_sender,
	    p_client_message_id, p_code)
	ON CONFLICT DO NOTHING
$$;

REVOKE EXECUTE ON FUNCTION es_refuse FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_refuse TO echostream_app;
RESET ROLE;
