-- Deletes one dead letter. Returns false when it was not there.
--
-- Caller: echostreamctl queue dead, through shared/store/dead_letter_store.c.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_dead_letter_drop(p_id bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	DELETE FROM dead_letters WHERE id = p_id;
	RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION es_dead_letter_drop FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_dead_letter_drop TO echostream_app;
RESET ROLE;
