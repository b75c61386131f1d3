-- Deletes dead letters that are older than p_keep_s seconds, and the oldest ones beyond
-- the newest p_max. Looks at the p_limit oldest rows only. Returns how many it deleted.
--
-- Caller: fanout, through shared/store/dead_letter_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_dead_letter_purge(p_keep_s bigint, p_max bigint,
    p_limit integer)
RETURNS bigint
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	WITH gone AS (
		DELETE FROM dead_letters d WHERE d.id IN (
			SELECT o.id FROM dead_letters o ORDER BY o.id LIMIT p_limit)
		AND (d.created_at < now() - p_keep_s * interval '1 second'
		    OR d.id <= (SELECT n.id FROM dead_letters n ORDER BY n.id DESC
			OFFSET p_max LIMIT 1))
		RETURNING 1
	)
	SELECT count(*) FROM gone
$$;

REVOKE EXECUTE ON FUNCTION es_dead_letter_purge FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_dead_letter_purge TO echostream_app;
RESET ROLE;
