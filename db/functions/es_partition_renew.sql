-- Extends the leases of the partitions that are still held in these epochs, and returns
-- those. A lease that has ended can be renewed as long as no other owner has claimed the
-- partition. Locks the rows in the order of their numbers, as es_fence() does.
--
-- Caller: fanout, through shared/store/partition_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_partition_renew(p_partitions integer[], p_epochs bigint[],
    p_lease_ms integer)
RETURNS TABLE (partition integer, until_ms bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	UPDATE queue_partitions q
	SET until = clock_timestamp() + p_lease_ms * interval '1 ms'
	FROM (SELECT q.partition
		FROM unnest(p_partitions, p_epochs) AS m (partition, epoch)
		JOIN queue_partitions q ON q.partition = m.partition AND q.epoch = m.epoch
		ORDER BY q.partition FOR NO KEY UPDATE OF q) mine
	WHERE q.partition = mine.partition
	RETURNING q.partition, es_ms(q.until)
$$;

REVOKE EXECUTE ON FUNCTION es_partition_renew FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_partition_renew TO echostream_app;
RESET ROLE;
