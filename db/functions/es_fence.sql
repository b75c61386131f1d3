-- Checks that a partition is still held in epoch p_epoch; raises ES001 when it is not.
-- Locks the partition's row until the transaction ends, so that a takeover waits for this
-- batch. p_done_id, unless NULL, is stored as the position up to which the stream is
-- committed and published.
--
-- Callers: es_batch(), es_partition_done(). Runs as their owner.

CREATE OR REPLACE FUNCTION es_fence(p_partition integer, p_epoch bigint, p_done_id text)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	IF p_partition IS NULL THEN
		RETURN; -- a queue without partitions
	ELSIF p_done_id IS NULL THEN
		PERFORM FROM queue_partitions
		WHERE partition = p_partition AND epoch = p_epoch FOR SHARE;
	ELSE
		UPDATE queue_partitions SET done_id = p_done_id
		WHERE partition = p_partition AND epoch = p_epoch;
	END IF;
	IF NOT FOUND THEN
		RAISE EXCEPTION 'partition % is not held in epoch %', p_partition, p_epoch
		    USING ERRCODE = 'ES001';
	END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION es_fence FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_fence TO es_batch;
