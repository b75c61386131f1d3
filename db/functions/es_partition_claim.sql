-- Takes a partition of the queue for p_lease_ms milliseconds: one that is free, one whose
-- lease has ended, or one that p_owner holds already. No row: another owner holds the
-- partition. Each claim begins a new epoch, so a batch that the last owner has under way
-- can't commit. All times are the database's.
--
-- Caller: fanout, through shared/store/partition_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_partition_claim(p_partition integer, p_owner text,
    p_lease_ms integer)
RETURNS TABLE (epoch bigint, done_id text, until_ms bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	INSERT INTO queue_partitions AS q (partition, epoch, owner, until)
	VALUES (p_partition, 1, p_owner,
	    clock_timestamp() + p_lease_ms * interval '1 ms')
	ON CONFLICT (partition) DO UPDATE
	SET epoch = q.epoch + 1, owner = excluded.owner, until = excluded.until
	WHERE q.owner = excluded.owner OR q.until < clock_timestamp()
	RETURNING q.epoch, q.done_id, es_ms(q.until)
$$;

REVOKE EXECUTE ON FUNCTION es_partition_claim FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_partition_claim TO echostream_app;
RESET ROLE;
