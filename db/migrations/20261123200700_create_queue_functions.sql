-- migrate:up

-- Take a partition that is nobody's, ours by name, or whose owner has let it lapse. No row:
-- somebody else holds it. Each claim is a new epoch, so what the last owner still has under
-- way can't commit. All times are the database's.
CREATE FUNCTION es_partition_claim(p_partition integer, p_owner text, p_lease_ms integer)
RETURNS TABLE (epoch bigint, done_id text, until_ms bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	INSERT INTO queue_partitions AS q (partition, epoch, owner, until)
	VALUES (p_partition, 1, p_owner,
	    clock_timestamp() + p_lease_ms * interval '1 ms')
	ON CONFLICT (partition) DO UPDATE
	SET epoch = q.epoch + 1, owner = excluded.owner, until = excluded.until
	WHERE q.owner = excluded.owner OR q.until < clock_timestamp()
	RETURNING q.epoch, q.done_id, es_ms(q.until)
$$;

-- Extend the leases that are still ours; returns those partitions. A lapsed lease that
-- nobody took meanwhile is still ours.
CREATE FUNCTION es_partition_renew(p_partitions integer[], p_epochs bigint[],
    p_lease_ms integer)
RETURNS TABLE (partition integer, until_ms bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	UPDATE queue_partitions q
	SET until = clock_timestamp() + p_lease_ms * interval '1 ms'
	FROM unnest(p_partitions, p_epochs) AS mine (partition, epoch)
	WHERE q.partition = mine.partition AND q.epoch = mine.epoch
	RETURNING q.partition, es_ms(q.until)
$$;

-- Let go at once. The epoch stays, so that nothing under way can be lost unseen.
CREATE FUNCTION es_partition_release(p_partition integer, p_epoch bigint)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	UPDATE queue_partitions SET until = '-infinity'
	WHERE partition = p_partition AND epoch = p_epoch;
	RETURN FOUND;
END
$$;

-- Store the position without a batch: after the last publish of a drain, beside a dead
-- letter, or to begin again at 0-0 after the stream was flushed. ES001 when not ours.
CREATE FUNCTION es_partition_done(p_partition integer, p_epoch bigint, p_done_id text)
RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT es_fence(p_partition, p_epoch, p_done_id)
$$;

CREATE FUNCTION es_partition_list()
RETURNS TABLE (partition integer, epoch bigint, owner text, until_ms bigint, done_id text,
    held boolean)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT q.partition, q.epoch, q.owner,
	    CASE WHEN isfinite(q.until) THEN es_ms(q.until) ELSE 0 END, q.done_id,
	    q.until >= clock_timestamp()
	FROM queue_partitions q ORDER BY q.partition
$$;

-- Put aside what no retry can help. Again for the same entry: nothing happens. false: it was
-- there.
CREATE FUNCTION es_dead_letter(p_source text, p_source_id text, p_tenant text,
    p_channel text, p_envelope_id text, p_sqlstate text, p_reason text, p_entry bytea)
RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	INSERT INTO dead_letters (source, source_id, tenant, channel, envelope_id, sqlstate,
	    reason, entry)
	VALUES (p_source, p_source_id, p_tenant, p_channel, p_envelope_id, p_sqlstate,
	    p_reason, p_entry)
	ON CONFLICT (source, source_id) DO NOTHING;
	RETURN FOUND;
END
$$;

-- Forget refusals after 24 hours and revocations of tokens that have expired. At most
-- p_limit of each a call; returns how many, so that the caller knows whether to go on.
CREATE FUNCTION es_purge(p_limit integer)
RETURNS TABLE (refused bigint, revoked bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	WITH old AS (
		DELETE FROM refused_messages WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM refused_messages
			WHERE created_at < now() - interval '24 hours'
			LIMIT p_limit FOR UPDATE SKIP LOCKED))
		RETURNING 1
	), gone AS (
		DELETE FROM revoked_tokens WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM revoked_tokens WHERE expires_at < now()
			LIMIT p_limit))
		RETURNING 1
	)
	SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)
$$;

GRANT EXECUTE ON FUNCTION es_partition_claim, es_partition_renew, es_partition_release,
	es_partition_done, es_partition_list, es_dead_letter, es_purge TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch;
ALTER FUNCTION es_partition_claim OWNER TO es_batch;
ALTER FUNCTION es_partition_renew OWNER TO es_batch;
ALTER FUNCTION es_partition_release OWNER TO es_batch;
ALTER FUNCTION es_partition_done OWNER TO es_batch;
ALTER FUNCTION es_partition_list OWNER TO es_batch;
ALTER FUNCTION es_dead_letter OWNER TO es_batch;
ALTER FUNCTION es_purge OWNER TO es_batch;
REVOKE CREATE ON SCHEMA public FROM es_batch;

-- migrate:down

DROP FUNCTION es_purge;
DROP FUNCTION es_dead_letter;
DROP FUNCTION es_partition_list;
DROP FUNCTION es_partition_done;
DROP FUNCTION es_partition_release;
DROP FUNCTION es_partition_renew;
DROP FUNCTION es_partition_claim;
