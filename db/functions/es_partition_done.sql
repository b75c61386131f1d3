-- Stores the position of a partition without a batch: after the last publish of a drain,
-- together with a dead letter, or as 0-0 after the stream was flushed. p_done_id NULL
-- only checks. Raises ES001 when the partition is not held in epoch p_epoch.
--
-- Callers: fanout, through shared/store/partition_store.c and
-- shared/store/batch_dead_letter.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_partition_done(p_partition integer, p_epoch bigint,
    p_done_id text)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT es_fence(ARRAY[p_partition], ARRAY[p_epoch], ARRAY[p_done_id])
$$;

REVOKE EXECUTE ON FUNCTION es_partition_done FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_partition_done TO echostream_app;
RESET ROLE;
