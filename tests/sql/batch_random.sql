-- es_batch_many has a short path for batches of plain messages. Random batches must have the same
-- outcomes and leave the same rows with that path as without it.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2, pg_temp.id('a', 1) AS a1 \gset

-- a3 is a deactivated member, a4 a guest, a5 is banned from c1 and c2, a6 is an admin, a7 and a8 are members everywhere.
-- c5: only admins post. c6: the same id in both tenants.
INSERT INTO users (tenant_id, id, email, display_name, role, status)
SELECT :'t1'::uuid, pg_temp.id('a', n), 'a' || n || '@t.test', 'A ' || n,
    CASE n WHEN 4 THEN 'guest' WHEN 6 THEN 'admin' ELSE 'member' END, 'active'
FROM generate_series(4, 8) n;
INSERT INTO channels (tenant_id, id, name, created_by, posting_policy) VALUES
    (:'t1', pg_temp.id('c', 5), 'c5', :'a1', 'admins'), (:'t1', pg_temp.id('c', 6), 'c6', :'a1', 'everyone'),
    (:'t2', pg_temp.id('c', 6), 'c6', pg_temp.id('b', 1), 'everyone');
INSERT INTO channel_heads (tenant_id, channel_id) VALUES (:'t1', pg_temp.id('c', 5)),
    (:'t1', pg_temp.id('c', 6)), (:'t2', pg_temp.id('c', 6));
INSERT INTO channel_members (tenant_id, channel_id, user_id)
SELECT :'t1'::uuid, pg_temp.id('c', c), pg_temp.id('a', a) FROM generate_series(1, 6) c, unnest(ARRAY[3, 7, 8]) a
UNION ALL VALUES (:'t2'::uuid, pg_temp.id('c', 6), pg_temp.id('b', 1)), (:'t1', pg_temp.id('c', 1), pg_temp.id('a', 4));
INSERT INTO channel_bans (tenant_id, channel_id, user_id, banned_by)
SELECT :'t1'::uuid, pg_temp.id('c', n), pg_temp.id('a', 5), :'a1' FROM generate_series(1, 2) n;
SELECT count(*) FROM generate_series(0, 3) n, es_partition_claim(n, 'me', 60000) \g /dev/null

-- The same function without the short path.
SELECT replace(replace(pg_get_functiondef('es_batch_many'::regproc), 'FUNCTION public.es_batch_many(',
    'FUNCTION pg_temp.es_batch_general('), 'plain_limit CONSTANT integer := 500;', 'plain_limit CONSTANT integer := -1;')
    AS general \gset
SELECT matches(:'general'::text, 'pg_temp[.]es_batch_general[(].*plain_limit CONSTANT integer := -1;',
    'a copy of es_batch_many has no short path');
:general ;

CREATE TABLE pg_temp.batch (ord serial, tenant uuid, channel uuid, sender uuid, key text, body text, envelope uuid);

-- Fills the table with a batch. Kind 0: new messages of members in open channels. Kind 1: the same
-- with one flaw, which the round chooses: keys that come twice (0), a deactivated sender (1), an archived
-- channel (2), one where only admins post (3), a suspended tenant (4). Kind 2: anything.
CREATE FUNCTION pg_temp.draw(p_round integer, p_kind integer) RETURNS void LANGUAGE sql AS $$
	TRUNCATE pg_temp.batch RESTART IDENTITY;
	INSERT INTO pg_temp.batch (tenant, channel, sender, key, body, envelope)
	SELECT pg_temp.id('f', d.tenant),
	    pg_temp.id('c', CASE WHEN p_kind = 1 AND d.tenant = 1 AND p_round / 3 % 5 = 2 THEN 4
		WHEN p_kind = 1 AND d.tenant = 1 AND p_round / 3 % 5 = 3 THEN 5
		WHEN p_kind < 2 AND (d.tenant = 2 OR d.channel > 3) THEN 6 ELSE d.channel END),
	    CASE WHEN d.tenant = 2 THEN pg_temp.id('b', 1)
		ELSE pg_temp.id('a', CASE WHEN p_kind = 1 AND p_round / 3 % 5 = 1 THEN 3
		WHEN p_kind < 2 OR d.sender > 9 THEN 7 + d.sender % 2 ELSE d.sender END) END,
	    CASE WHEN p_kind = 0 OR (p_kind = 1 AND p_round / 3 % 5 > 0) THEN p_round || '-' || n WHEN d.few = 1 THEN p_round || '-1' ELSE 'k' || d.few END,
	    'body ' || floor(random() * 1.2 + n * 0)::int, CASE WHEN d.few <> 2 THEN pg_temp.id('e', d.few) END
	FROM generate_series(1, 1 + floor(random() * random() * 12)::int) n,
	    LATERAL (SELECT CASE WHEN random() < 0.85 THEN 1 WHEN p_kind < 2 OR random() < 0.7 THEN 2 ELSE 3 END AS tenant,
		1 + floor(random() * 7 + n * 0)::int AS channel, 1 + floor(random() * 14)::int AS sender,
		1 + floor(random() * CASE p_kind WHEN 1 THEN 3 ELSE 12 END)::int AS few) d;
$$;

-- Commits the batch by one of the functions. Returns its rows and those of all tables, without times;
-- for each outcome with a number, whether its time is that of the message or event.
CREATE FUNCTION pg_temp.commit(p_function text, p_round integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	result text;
BEGIN
	EXECUTE format($f$ CREATE TEMP TABLE outcomes ON COMMIT DROP AS
	    SELECT b.*, a.t[b.ord] AS tenant, a.c[b.ord] AS channel FROM (SELECT array_agg(tenant ORDER BY ord) t,
		array_agg(channel ORDER BY ord) c, array_agg(sender ORDER BY ord) s,
		array_agg(pg_temp.key(key) ORDER BY ord) k, array_agg(pg_temp.key(body) ORDER BY ord) h,
		array_agg(key ORDER BY ord) i, array_agg(body ORDER BY ord) b, array_agg(envelope ORDER BY ord) e
	    FROM pg_temp.batch) a, LATERAL %s(ARRAY[1, %s], ARRAY[1, 1], ARRAY[%L, NULL],
		a.t, a.c, a.s, a.k, a.h, a.i, a.b, a.e) WITH ORDINALITY b $f$,
	    p_function, 2 + p_round % 2, p_round || '-0');
	SELECT concat_ws(E'\n',
	    (SELECT string_agg(concat_ws('|', o.ordinality, o.ord, o.outcome, o.code, o.seq, o.body, o.edited_ms,
		o.deleted, o.sender_name, o.payload, o.created_ms IN (
		SELECT es_ms(m.created_at) FROM messages m
		WHERE m.tenant_id = o.tenant AND m.channel_id = o.channel AND m.id = o.seq UNION ALL
		SELECT es_ms(v.created_at) FROM channel_events v
		WHERE v.tenant_id = o.tenant AND v.channel_id = o.channel AND v.seq = o.seq)), E'\n'
		ORDER BY o.ordinality) FROM outcomes o),
	    (SELECT string_agg(to_jsonb(x)::text, E'\n' ORDER BY to_jsonb(x)::text)
	    FROM (SELECT to_jsonb(m) - 'created_at' FROM messages m
		UNION ALL SELECT to_jsonb(v) - 'created_at' FROM channel_events v
		UNION ALL SELECT to_jsonb(h) FROM channel_heads h
		UNION ALL SELECT to_jsonb(r) - 'created_at' FROM refused_messages r
		UNION ALL SELECT to_jsonb(c) - 'joined_at' - 'last_read_at' FROM channel_members c
		UNION ALL SELECT to_jsonb(q) - 'until' FROM queue_partitions q) x)) INTO result;
	RETURN result;
END
$$;

-- Runs a round: both functions, on the same rows. Keeps what es_batch_many has done.
CREATE FUNCTION pg_temp.round(p_round integer, p_kind integer, OUT differs boolean, OUT seen text[])
LANGUAGE plpgsql AS $$
DECLARE
	general text;
BEGIN
	PERFORM pg_temp.draw(p_round, p_kind);
	UPDATE tenants SET status = CASE WHEN p_kind = 0 OR (p_kind = 1 AND p_round / 3 % 5 <> 4) THEN 'active' WHEN random() < 0.7 AND p_kind = 2 THEN 'active' ELSE 'suspended' END
	WHERE id = pg_temp.id('f', 1);
	UPDATE messages SET body = 'edited', edited_at = '2026-11-29 12:00Z' WHERE random() < 0.02;
	UPDATE messages SET deleted_at = '2026-11-29 12:00Z' WHERE random() < 0.02;
	BEGIN
		general := pg_temp.commit('pg_temp.es_batch_general', p_round);
		RAISE EXCEPTION 'undo' USING ERRCODE = 'ES999';
	EXCEPTION WHEN SQLSTATE 'ES999' THEN
	END;
	differs := general IS DISTINCT FROM pg_temp.commit('es_batch_many', p_round);
	SELECT array_agg(DISTINCT outcome || ' ' || code) INTO seen FROM outcomes;
	DROP TABLE outcomes;
	-- For the next rounds, users who joined are not members again.
	DELETE FROM channel_members WHERE user_id IN (pg_temp.id('a', 2), pg_temp.id('a', 6)) AND random() < 0.3;
END
$$;

SELECT setseed(0.29) \g /dev/null
CREATE TABLE pg_temp.rounds AS
SELECT n, r.* FROM generate_series(1, 150) n, LATERAL pg_temp.round(n, n % 3) r;
SELECT is_empty('SELECT n FROM pg_temp.rounds WHERE differs',
    'random batches have the same outcomes and rows with the short path as without it');
SELECT is_empty($$ SELECT n, seen FROM pg_temp.rounds WHERE n % 3 = 0 AND seen <> ARRAY['committed ok'] $$,
    'each third batch is one for the short path');
SELECT set_eq('SELECT DISTINCT unnest(seen) FROM pg_temp.rounds', ARRAY['committed ok', 'repeat ok',
    'event member_joined', 'refused not_found', 'refused forbidden', 'refused tenant_suspended',
    'refused channel_archived', 'refused idempotency_key_reused'], 'the batches had each outcome');

SELECT * FROM finish();
ROLLBACK;
