-- All partitions, their owners and positions. held: the lease has not ended. until_ms is
-- 0 for a partition that was released.
--
-- Caller: shared/store/partition_store.c, for fanout and echostreamctl queue.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_partition_list()
RETURNS TABLE (partition integer, epoch bigint, owner text, until_ms bigint, done_id text,
    held boolean)
LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	SELECT q.partition, q.epoch, q.owner,
	    CASE WHEN isfinite(q.until) THEN es_ms(q.until) ELSE 0 END, q.done_id,
	    q.until >= clock_timestamp()
	FROM queue_partitions q ORDER BY q.partition
$$;

REVOKE EXECUTE ON FUNCTION es_partition_list FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_partition_list TO echostream_app;
RESET ROLE;
