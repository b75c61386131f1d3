-- migrate:up

-- A channel that is deleted loses its rows in channels and channel_heads at once, so that it is
-- unknown to every statement and its name is free. What else it has (messages, events, members)
-- is named here until es_purge_channels has deleted it.
CREATE TABLE deleted_channels (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	channel_id uuid NOT NULL,
	deleted_by uuid NOT NULL,
	deleted_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, channel_id)
);
CREATE INDEX deleted_channels_age_idx ON deleted_channels (deleted_at);
ALTER TABLE deleted_channels ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON deleted_channels TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT, INSERT ON deleted_channels TO echostream_app;
GRANT DELETE ON channels, channel_heads TO echostream_app;

-- Members outlive their channel for a while. All that inserts members holds the lock of the
-- channel's head and has seen the channel's row.
ALTER TABLE channel_members DROP CONSTRAINT channel_members_tenant_id_channel_id_fkey;

-- es_batch deletes rows of deleted channels and no others.
GRANT SELECT, UPDATE (deleted_at), DELETE ON deleted_channels TO es_batch;
GRANT DELETE ON messages, channel_events, channel_members TO es_batch;
GRANT SELECT ON channel_events TO es_batch;
CREATE POLICY batch_purges ON deleted_channels TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_reads ON channel_events FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_purges ON messages FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d WHERE d.tenant_id = messages.tenant_id
		AND d.channel_id = messages.channel_id));
CREATE POLICY batch_purges ON channel_events FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d
		WHERE d.tenant_id = channel_events.tenant_id
		AND d.channel_id = channel_events.channel_id));
CREATE POLICY batch_purges ON channel_members FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d
		WHERE d.tenant_id = channel_members.tenant_id
		AND d.channel_id = channel_members.channel_id));

-- Delete at most p_limit rows of the channel that was deleted first. Returns 0 when nothing is
-- left to do, else how many rows went, at least 1. A repeat goes on where the last call ended.
CREATE FUNCTION es_purge_channels(p_limit integer) RETURNS bigint
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE
	gone deleted_channels;
	n bigint;
	total bigint;
BEGIN
	SELECT * INTO gone FROM deleted_channels
	ORDER BY deleted_at LIMIT 1 FOR UPDATE SKIP LOCKED;
	IF NOT FOUND THEN
		RETURN 0;
	END IF;
	DELETE FROM messages WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND id = ANY (ARRAY(SELECT m.id FROM messages m
		WHERE m.tenant_id = gone.tenant_id AND m.channel_id = gone.channel_id
		ORDER BY m.id LIMIT p_limit));
	GET DIAGNOSTICS total = ROW_COUNT;
	DELETE FROM channel_events WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND seq = ANY (ARRAY(SELECT e.seq
		FROM channel_events e
		WHERE e.tenant_id = gone.tenant_id AND e.channel_id = gone.channel_id
		ORDER BY e.seq LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	DELETE FROM channel_members WHERE tenant_id = gone.tenant_id
	AND channel_id = gone.channel_id AND user_id = ANY (ARRAY(SELECT m.user_id
		FROM channel_members m
		WHERE m.tenant_id = gone.tenant_id AND m.channel_id = gone.channel_id
		ORDER BY m.user_id LIMIT p_limit - total));
	GET DIAGNOSTICS n = ROW_COUNT;
	total := total + n;
	IF total < p_limit THEN
		DELETE FROM deleted_channels WHERE tenant_id = gone.tenant_id
		AND channel_id = gone.channel_id;
	END IF;
	RETURN GREATEST(total, 1);
END
$$;

-- As before, but a member of a deleted channel has no mark.
DROP FUNCTION es_read_many;
CREATE FUNCTION es_read_many(p_tenant uuid[], p_channel uuid[], p_user uuid[], p_seq bigint[])
RETURNS TABLE (ord integer, code text, last_read_seq bigint, last_read_ms bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
-- One plan, good from the first row to the billionth: look-ups by key, never a scan.
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	-- Workers write marks of the same members at the same time: all of them take the rows
	-- in the order of the key, so that none waits for a row of another in a circle.
	PERFORM FROM (SELECT DISTINCT u.tenant_id, u.channel_id, u.user_id
		FROM unnest(p_tenant, p_channel, p_user) AS u (tenant_id, channel_id, user_id)
		ORDER BY 1, 2, 3) d
	CROSS JOIN LATERAL (SELECT m.user_id FROM channel_members m
		WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id
		AND m.user_id = d.user_id
		FOR NO KEY UPDATE) m;

	-- A row that would not move is not written.
	UPDATE channel_members m
	SET last_read_seq = w.seq, last_read_at = clock_timestamp()
	FROM (SELECT u.tenant_id, u.channel_id, u.user_id,
		    max(LEAST(u.seq, h.last_seq)) AS seq
		FROM unnest(p_tenant, p_channel, p_user, p_seq)
		    AS u (tenant_id, channel_id, user_id, seq)
		CROSS JOIN LATERAL (SELECT h.last_seq FROM channel_heads h
			WHERE h.tenant_id = u.tenant_id AND h.channel_id = u.channel_id
			LIMIT 1) h
		GROUP BY 1, 2, 3) w
	WHERE m.tenant_id = w.tenant_id AND m.channel_id = w.channel_id
	AND m.user_id = w.user_id AND m.last_read_seq < w.seq;

	RETURN QUERY
	SELECT u.ord::integer, CASE WHEN c.is_private IS NULL THEN 'not_found'
		WHEN m.last_read_seq IS NOT NULL THEN 'ok'
		WHEN c.is_private = false AND g.role <> 'guest' THEN 'forbidden' ELSE 'not_found' END,
	    m.last_read_seq, es_ms(m.last_read_at)
	FROM unnest(p_tenant, p_channel, p_user) WITH ORDINALITY
	    AS u (tenant_id, channel_id, user_id, ord)
	LEFT JOIN LATERAL (SELECT c.is_private FROM channels c
		WHERE c.tenant_id = u.tenant_id AND c.id = u.channel_id LIMIT 1) c ON true
	LEFT JOIN LATERAL (SELECT m.last_read_seq, m.last_read_at FROM channel_members m
		WHERE m.tenant_id = u.tenant_id AND m.channel_id = u.channel_id
		AND m.user_id = u.user_id AND c.is_private IS NOT NULL LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT g.role FROM users g
		WHERE g.tenant_id = u.tenant_id AND g.id = u.user_id LIMIT 1) g ON true
	ORDER BY u.ord;
END
$$;

GRANT EXECUTE ON FUNCTION es_read_many, es_purge_channels TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch;
ALTER FUNCTION es_read_many OWNER TO es_batch;
ALTER FUNCTION es_purge_channels OWNER TO es_batch;
REVOKE CREATE ON SCHEMA public FROM es_batch;

-- migrate:down

DROP FUNCTION es_read_many;
CREATE FUNCTION es_read_many(p_tenant uuid[], p_channel uuid[], p_user uuid[], p_seq bigint[])
RETURNS TABLE (ord integer, code text, last_read_seq bigint, last_read_ms bigint)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
-- One plan, good from the first row to the billionth: look-ups by key, never a scan.
SET enable_seqscan = off SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	-- Workers write marks of the same members at the same time: all of them take the rows
	-- in the order of the key, so that none waits for a row of another in a circle.
	PERFORM FROM (SELECT DISTINCT u.tenant_id, u.channel_id, u.user_id
		FROM unnest(p_tenant, p_channel, p_user) AS u (tenant_id, channel_id, user_id)
		ORDER BY 1, 2, 3) d
	CROSS JOIN LATERAL (SELECT m.user_id FROM channel_members m
		WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id
		AND m.user_id = d.user_id
		FOR NO KEY UPDATE) m;

	-- A row that would not move is not written.
	UPDATE channel_members m
	SET last_read_seq = w.seq, last_read_at = clock_timestamp()
	FROM (SELECT u.tenant_id, u.channel_id, u.user_id,
		    max(LEAST(u.seq, h.last_seq)) AS seq
		FROM unnest(p_tenant, p_channel, p_user, p_seq)
		    AS u (tenant_id, channel_id, user_id, seq)
		CROSS JOIN LATERAL (SELECT h.last_seq FROM channel_heads h
			WHERE h.tenant_id = u.tenant_id AND h.channel_id = u.channel_id
			LIMIT 1) h
		GROUP BY 1, 2, 3) w
	WHERE m.tenant_id = w.tenant_id AND m.channel_id = w.channel_id
	AND m.user_id = w.user_id AND m.last_read_seq < w.seq;

	RETURN QUERY
	SELECT u.ord::integer, CASE WHEN m.last_read_seq IS NOT NULL THEN 'ok'
		WHEN c.is_private = false AND g.role <> 'guest' THEN 'forbidden' ELSE 'not_found' END,
	    m.last_read_seq, es_ms(m.last_read_at)
	FROM unnest(p_tenant, p_channel, p_user) WITH ORDINALITY
	    AS u (tenant_id, channel_id, user_id, ord)
	LEFT JOIN LATERAL (SELECT c.is_private FROM channels c
		WHERE c.tenant_id = u.tenant_id AND c.id = u.channel_id LIMIT 1) c ON true
	LEFT JOIN LATERAL (SELECT m.last_read_seq, m.last_read_at FROM channel_members m
		WHERE m.tenant_id = u.tenant_id AND m.channel_id = u.channel_id
		AND m.user_id = u.user_id LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT g.role FROM users g
		WHERE g.tenant_id = u.tenant_id AND g.id = u.user_id LIMIT 1) g ON true
	ORDER BY u.ord;
END
$$;

GRANT EXECUTE ON FUNCTION es_read_many TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch;
ALTER FUNCTION es_read_many OWNER TO es_batch;
REVOKE CREATE ON SCHEMA public FROM es_batch;

DROP FUNCTION es_purge_channels;
DROP POLICY batch_purges ON channel_members;
DROP POLICY batch_purges ON channel_events;
DROP POLICY batch_purges ON messages;
DROP POLICY batch_reads ON channel_events;
REVOKE SELECT ON channel_events FROM es_batch;
REVOKE DELETE ON messages, channel_events, channel_members FROM es_batch;
-- Channels that are deleted and not purged yet go now: members need their channel again.
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deleted_channels NO FORCE ROW LEVEL SECURITY;
DELETE FROM channel_members m USING deleted_channels d
WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id;
DELETE FROM channel_events e USING deleted_channels d
WHERE e.tenant_id = d.tenant_id AND e.channel_id = d.channel_id;
DELETE FROM messages m USING deleted_channels d
WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id;
ALTER TABLE channel_members ADD FOREIGN KEY (tenant_id, channel_id)
	REFERENCES channels (tenant_id, id);
ALTER TABLE channels FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events FORCE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
REVOKE DELETE ON channels, channel_heads FROM echostream_app;
DROP TABLE deleted_channels;
