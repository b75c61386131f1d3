-- Checks that each partition is still held in its epoch; raises ES001 when one is not.
-- Locks the rows of the partitions until the transaction ends, so that a takeover waits
-- for this batch. Locks them in the order of their numbers, so that two fanouts never
-- wait for each other. An element of p_done_ids, unless NULL, is stored as the position up
-- to which the stream of its partition is committed and published. The arrays are
-- parallel, and no partition comes twice.
--
-- Callers: es_batch_many(), es_partition_done(). Runs as their owner.

CREATE OR REPLACE FUNCTION es_fence(p_partitions integer[], p_epochs bigint[],
    p_done_ids text[])
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
	n bigint;
BEGIN
	IF p_partitions IS NULL THEN
		RETURN; -- a queue without partitions
	END IF;
	IF cardinality(p_partitions) = 1 THEN -- one row needs no order of locks
		UPDATE queue_partitions q SET done_id = COALESCE(p_done_ids[1], q.done_id)
		WHERE q.partition = p_partitions[1] AND q.epoch = p_epochs[1];
		GET DIAGNOSTICS n = ROW_COUNT;
		IF n = 1 THEN
			RETURN;
		END IF;
	END IF;
	WITH mine AS MATERIALIZED (
		SELECT q.partition, m.done_id
		FROM unnest(p_partitions, p_epochs, p_done_ids) AS m (partition, epoch, done_id)
		JOIN queue_partitions q ON q.partition = m.partition AND q.epoch = m.epoch
		ORDER BY q.partition FOR NO KEY UPDATE OF q
	)
	UPDATE queue_partitions q SET done_id = COALESCE(m.done_id, q.done_id)
	FROM mine m WHERE q.partition = m.partition;
	GET DIAGNOSTICS n = ROW_COUNT;
	IF n < cardinality(p_partitions) THEN
		RAISE EXCEPTION 'of partitions %, % are not held in epochs %', p_partitions,
		    cardinality(p_partitions) - n, p_epochs USING ERRCODE = 'ES001';
	END IF;
END
$$;

REVOKE EXECUTE ON FUNCTION es_fence FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_fence TO es_batch;
