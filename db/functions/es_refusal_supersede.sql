-- Marks the refusals of a message's earlier deliveries as superseded, because the message
-- is in the queue again. A query by client message id then does not answer with the old
-- reason while the new delivery waits.
--
-- Caller: shared/store/outcome_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_refusal_supersede(p_tenant uuid, p_channel uuid, p_key text,
    p_envelope uuid)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	UPDATE refused_messages SET superseded = true
	WHERE tenant_id = p_tenant AND channel_id = p_channel
	AND dedupe_key = decode(p_key, 'hex') AND envelope_id <> p_envelope
	AND NOT superseded
$$;

REVOKE EXECUTE ON FUNCTION es_refusal_supersede FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_refusal_supersede TO echostream_app;
RESET ROLE;
