-- Stores an entry of the queue that no retry can commit. Storing the same entry again
-- changes nothing. Returns false when the entry was there already.
--
-- Caller: fanout, through shared/store/batch_dead_letter.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_dead_letter(p_source text, p_source_id text, p_tenant text,
    p_channel text, p_envelope_id text, p_sqlstate text, p_reason text, p_entry bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	INSERT INTO dead_letters (source, source_id, tenant, channel, envelope_id, sqlstate,
	    reason, entry)
	VALUES (p_source, p_source_id, p_tenant, p_channel, p_envelope_id, p_sqlstate,
	    p_reason, p_entry)
	ON CONFLICT (source, source_id) DO NOTHING;
	RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION es_dead_letter FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_dead_letter TO echostream_app;
RESET ROLE;
