-- migrate:up

GRANT SELECT (id, created_at), DELETE ON dead_letters TO es_batch;
GRANT DELETE ON dead_letters TO es_operator;

-- Forget dead letters that are older than p_keep_s seconds, and the oldest beyond the newest
-- p_max. At most p_limit a call, by the primary key from the oldest on; returns how many.
CREATE FUNCTION es_dead_letter_purge(p_keep_s bigint, p_max bigint, p_limit integer)
RETURNS bigint LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
	WITH gone AS (
		DELETE FROM dead_letters d WHERE d.id IN (
			SELECT o.id FROM dead_letters o ORDER BY o.id LIMIT p_limit)
		AND (d.created_at < now() - p_keep_s * interval '1 second'
		    OR d.id <= (SELECT n.id FROM dead_letters n ORDER BY n.id DESC
			OFFSET p_max LIMIT 1))
		RETURNING 1
	)
	SELECT count(*) FROM gone
$$;

-- Forget one. false: it was not there.
CREATE FUNCTION es_dead_letter_drop(p_id bigint) RETURNS boolean
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	DELETE FROM dead_letters WHERE id = p_id;
	RETURN FOUND;
END
$$;

-- As before, but the bound is a condition of the index: a page does not read those before it.
DROP FUNCTION es_dead_letter_list;
CREATE FUNCTION es_dead_letter_list(p_before bigint, p_limit integer)
RETURNS TABLE (id bigint, created_ms bigint, source text, source_id text, tenant text,
    channel text, envelope_id text, sqlstate text, reason text, entry bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT d.id, es_ms(d.created_at), d.source, d.source_id, d.tenant, d.channel,
	    d.envelope_id, d.sqlstate, d.reason, d.entry
	FROM dead_letters d WHERE d.id < COALESCE(p_before, 9223372036854775807)
	ORDER BY d.id DESC LIMIT p_limit
$$;

GRANT EXECUTE ON FUNCTION es_dead_letter_purge, es_dead_letter_drop, es_dead_letter_list TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch, es_operator;
ALTER FUNCTION es_dead_letter_purge OWNER TO es_batch;
ALTER FUNCTION es_dead_letter_drop OWNER TO es_operator;
ALTER FUNCTION es_dead_letter_list OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_batch, es_operator;

-- migrate:down

DROP FUNCTION es_dead_letter_drop;
DROP FUNCTION es_dead_letter_purge;
DROP FUNCTION es_dead_letter_list;
CREATE FUNCTION es_dead_letter_list(p_before bigint, p_limit integer)
RETURNS TABLE (id bigint, created_ms bigint, source text, source_id text, tenant text,
    channel text, envelope_id text, sqlstate text, reason text, entry bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT d.id, es_ms(d.created_at), d.source, d.source_id, d.tenant, d.channel,
	    d.envelope_id, d.sqlstate, d.reason, d.entry
	FROM dead_letters d WHERE p_before IS NULL OR d.id < p_before
	ORDER BY d.id DESC LIMIT p_limit
$$;
GRANT EXECUTE ON FUNCTION es_dead_letter_list TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_operator;
ALTER FUNCTION es_dead_letter_list OWNER TO es_operator;
REVOKE CREATE ON SCHEMA public FROM es_operator;
REVOKE DELETE ON dead_letters FROM es_operator;
REVOKE SELECT (id, created_at), DELETE ON dead_letters FROM es_batch;
