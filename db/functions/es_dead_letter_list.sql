-- A page of dead letters, newest first: those with an id below p_before, NULL from the
-- newest. The bound is a condition of the index, so a page does not read the pages before
-- it.
--
-- Caller: echostreamctl queue dead, through shared/store/dead_letter_store.c.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_dead_letter_list(p_before bigint, p_limit integer)
RETURNS TABLE (id bigint, created_ms bigint, source text, source_id text, tenant text,
    channel text, envelope_id text, sqlstate text, reason text, entry bytea)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT d.id, es_ms(d.created_at), d.source, d.source_id, d.tenant, d.channel,
	    d.envelope_id, d.sqlstate, d.reason, d.entry
	FROM dead_letters d WHERE d.id < COALESCE(p_before, 9223372036854775807)
	ORDER BY d.id DESC LIMIT p_limit
$$;

REVOKE EXECUTE ON FUNCTION es_dead_letter_list FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_dead_letter_list TO echostream_app;
RESET ROLE;
