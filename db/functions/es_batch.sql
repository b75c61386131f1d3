-- Commits a batch of messages of one partition, as es_batch_many() does for several.
-- p_partition NULL: a queue without partitions. Crosses tenants.
--
-- Caller: fanouts of releases before migration 20261129130000. No later program calls it,
-- so a later release drops it.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_batch(p_partition integer, p_epoch bigint, p_done_id text,
    p_tenant uuid[], p_channel uuid[], p_sender uuid[], p_key bytea[], p_hash bytea[],
    p_cid text[], p_body text[], p_envelope uuid[] DEFAULT NULL)
RETURNS TABLE (ord integer, outcome text, code text, seq bigint, created_ms bigint,
    body text, edited_ms bigint, deleted boolean, sender_name text,
    payload jsonb)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	RETURN QUERY SELECT b.ord, b.outcome, b.code, b.seq, b.created_ms, b.body, b.edited_ms,
	    b.deleted, b.sender_name, b.payload
	FROM es_batch_many(
	    CASE WHEN p_partition IS NOT NULL THEN ARRAY[p_partition] END, ARRAY[p_epoch],
	    ARRAY[p_done_id], p_tenant, p_channel, p_sender, p_key, p_hash, p_cid, p_body,
	    p_envelope) b;
END
$$;

REVOKE EXECUTE ON FUNCTION es_batch FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_batch TO echostream_app;
RESET ROLE;
