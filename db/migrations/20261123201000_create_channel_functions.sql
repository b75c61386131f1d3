-- migrate:up

-- These run as whoever calls them: app.tenant is set, and row-level security applies.

-- The first statement of every transaction that changes a channel or its members: takes the
-- channel's lock, before anything is read that the change depends on. No row: no such channel.
CREATE FUNCTION es_channel_lock(p_tenant uuid, p_channel uuid)
RETURNS TABLE (last_seq bigint, archived boolean)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT h.last_seq, h.archived FROM channel_heads h
	WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel FOR NO KEY UPDATE
$$;

-- Number an event that is no message and store it. No row: no such channel. Archiving is kept
-- with the counter, where a send sees it: kind channel_archived sets it, an event whose payload
-- says "archived": false takes it back.
CREATE FUNCTION es_event(p_tenant uuid, p_channel uuid, p_kind text, p_actor uuid,
    p_payload jsonb, p_message_id bigint DEFAULT NULL)
RETURNS TABLE (seq bigint, prev bigint, created_ms bigint)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
	WITH head AS (
		UPDATE channel_heads h SET last_seq = h.last_seq + 1,
		    archived = CASE WHEN p_kind = 'channel_archived' THEN true
			WHEN p_payload ->> 'archived' = 'false' THEN false ELSE h.archived END
		WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel
		RETURNING h.last_seq
	)
	INSERT INTO channel_events AS e (tenant_id, channel_id, seq, prev, kind, message_id,
	    actor_id, payload, created_at)
	SELECT p_tenant, p_channel, head.last_seq, head.last_seq - 1, p_kind, p_message_id,
	    p_actor, p_payload, date_trunc('milliseconds', clock_timestamp())
	FROM head
	RETURNING e.seq, e.prev, es_ms(e.created_at)
$$;

-- Move a member's read mark: only forward, not past the head. Returns where it stands; no row:
-- no member. p_seq NULL: to the head.
CREATE FUNCTION es_read(p_tenant uuid, p_channel uuid, p_user uuid, p_seq bigint)
RETURNS TABLE (last_read_seq bigint, last_read_ms bigint)
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
	UPDATE channel_members m
	SET last_read_seq = GREATEST(m.last_read_seq, LEAST(p_seq, h.last_seq)),
	    last_read_at = CASE WHEN LEAST(p_seq, h.last_seq) > m.last_read_seq
		THEN clock_timestamp() ELSE m.last_read_at END
	FROM channel_heads h
	WHERE m.tenant_id = p_tenant AND m.channel_id = p_channel AND m.user_id = p_user
	AND h.tenant_id = p_tenant AND h.channel_id = p_channel
	RETURNING m.last_read_seq, es_ms(m.last_read_at)
$$;

GRANT EXECUTE ON FUNCTION es_ms, es_member_payload, es_channel_lock, es_event, es_read
	TO echostream_app;

-- migrate:down

DROP FUNCTION es_read;
DROP FUNCTION es_event;
DROP FUNCTION es_channel_lock;
REVOKE EXECUTE ON FUNCTION es_ms, es_member_payload FROM echostream_app;
