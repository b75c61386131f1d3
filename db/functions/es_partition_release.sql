-- Frees a partition at once. The row keeps its epoch: a batch of the last owner that is
-- still under way may commit until the next claim. Returns false when the partition was
-- not held in epoch p_epoch.
--
-- Caller: fanout, through shared/store/partition_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_partition_release(p_partition integer, p_epoch bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	UPDATE queue_partitions SET until = '-infinity'
	WHERE partition = p_partition AND epoch = p_epoch;
	RETURN FOUND;
END
$$;

REVOKE EXECUTE ON FUNCTION es_partition_release FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_partition_release TO echostream_app;
RESET ROLE;
