-- es_read() for many members of any tenants: one statement writes the marks that a worker
-- has collected. One row an element, in order, with the mark after the call:
--   ok         the member's mark
--   forbidden  the user sees the channel but is not a member: there is no mark
--   not_found  the channel does not exist or is deleted, or the user may not see it
--              (private, banned, or a guest who is not a member)
-- members: how many members the channel has, 201 for more; NULL unless the mark is ok and
-- the user and the tenant have read receipts switched on.
-- When several elements name one mark, the largest number counts and each element returns
-- the result. An element of p_seq that is NULL means the head. Crosses tenants.
--
-- Caller: push-server, through shared/store/read_mark_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_read_many(p_tenant uuid[], p_channel uuid[], p_user uuid[],
    p_seq bigint[])
RETURNS TABLE (ord integer, code text, last_read_seq bigint, last_read_ms bigint,
    members integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
BEGIN
	-- Workers write marks of the same members at the same time. All of them lock the rows
	-- in the order of the key, so that no deadlock occurs.
	PERFORM FROM (SELECT DISTINCT u.tenant_id, u.channel_id, u.user_id
		FROM unnest(p_tenant, p_channel, p_user) AS u (tenant_id, channel_id, user_id)
		ORDER BY 1, 2, 3) d
	CROSS JOIN LATERAL (SELECT m.user_id FROM channel_members m
		WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id
		AND m.user_id = d.user_id
		FOR NO KEY UPDATE) m;

	-- Write only the rows whose mark moves.
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
	WITH size AS MATERIALIZED ( -- each channel once
		SELECT d.tenant_id, d.channel_id, s.members
		FROM (SELECT DISTINCT u.tenant_id, u.channel_id
			FROM unnest(p_tenant, p_channel) AS u (tenant_id, channel_id)) d
		CROSS JOIN LATERAL (SELECT count(*)::integer AS members
			FROM (SELECT FROM channel_members m
				WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id
				LIMIT 201) m) s
	)
	SELECT u.ord::integer, CASE WHEN c.is_private IS NULL THEN 'not_found'
		WHEN m.last_read_seq IS NOT NULL THEN 'ok'
		WHEN c.is_private = false AND g.role <> 'guest' AND NOT EXISTS (SELECT FROM channel_bans b
		    WHERE b.tenant_id = u.tenant_id AND b.channel_id = u.channel_id
		    AND b.user_id = u.user_id) THEN 'forbidden' ELSE 'not_found' END,
	    m.last_read_seq, es_ms(m.last_read_at),
	    CASE WHEN m.last_read_seq IS NOT NULL AND g.read_receipts AND t.read_receipts
		THEN z.members END
	FROM unnest(p_tenant, p_channel, p_user) WITH ORDINALITY
	    AS u (tenant_id, channel_id, user_id, ord)
	LEFT JOIN LATERAL (SELECT c.is_private FROM channels c
		WHERE c.tenant_id = u.tenant_id AND c.id = u.channel_id LIMIT 1) c ON true
	LEFT JOIN LATERAL (SELECT m.last_read_seq, m.last_read_at FROM channel_members m
		WHERE m.tenant_id = u.tenant_id AND m.channel_id = u.channel_id
		AND m.user_id = u.user_id AND c.is_private IS NOT NULL LIMIT 1) m ON true
	LEFT JOIN LATERAL (SELECT g.role, g.read_receipts FROM users g
		WHERE g.tenant_id = u.tenant_id AND g.id = u.user_id LIMIT 1) g ON true
	LEFT JOIN LATERAL (SELECT t.settings -> 'read_receipts' IS DISTINCT FROM 'false'::jsonb
		AS read_receipts FROM tenants t WHERE t.id = u.tenant_id LIMIT 1) t ON true
	LEFT JOIN size z ON z.tenant_id = u.tenant_id AND z.channel_id = u.channel_id
	ORDER BY u.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_read_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_read_many TO echostream_app;
RESET ROLE;
