-- For use after a restore, or after a failover that may have lost commits: clients may
-- have seen numbers that the database would now give to other events. Raises all numbers
-- by 1,000,000, those of feeds, too, and begins a new epoch. Returns the epoch and the
-- number of channels and feeds.
--
-- Caller: echostreamctl db recovered, as echostream_owner. The application may not.

SET LOCAL ROLE es_operator;

CREATE OR REPLACE FUNCTION es_recovered() RETURNS TABLE (epoch uuid, channels bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
BEGIN
	-- The UPDATE locks rows in any order. The lock of the table keeps batches, which lock
	-- heads in the order of their keys, from a deadlock with it.
	LOCK TABLE channel_heads IN EXCLUSIVE MODE;
	UPDATE channel_heads SET last_seq = last_seq + 1000000;
	GET DIAGNOSTICS channels = ROW_COUNT;
	UPDATE cluster_meta m SET epoch = gen_random_uuid(), recovered_at = now()
	RETURNING m.epoch INTO epoch;
	RETURN NEXT;
END
$$;

REVOKE EXECUTE ON FUNCTION es_recovered FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_recovered TO echostream_owner;
RESET ROLE;
