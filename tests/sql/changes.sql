-- es_batch_ops: edits, deletes and reactions.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('a', 1) AS a1, pg_temp.id('a', 2) AS a2, pg_temp.id('a', 3) AS a3,
    pg_temp.id('c', 1) AS c1, pg_temp.id('c', 2) AS c2, pg_temp.id('c', 3) AS c3,
    pg_temp.id('c', 4) AS c4, pg_temp.id('d', 1) AS d1, pg_temp.id('b', 1) AS b1 \gset

-- A change for pg_temp.ops; the envelope's id comes from the key.
CREATE TYPE pg_temp.op AS (channel uuid, sender uuid, key text, op text, target bigint, body text,
    more jsonb);

CREATE FUNCTION pg_temp.op(p_channel uuid, p_sender uuid, p_key text, p_op text, p_target bigint,
    p_body text DEFAULT NULL, p_more jsonb DEFAULT NULL) RETURNS pg_temp.op LANGUAGE sql AS
	$$ SELECT ROW(p_channel, p_sender, p_key, p_op, p_target, p_body, p_more)::pg_temp.op $$;
CREATE FUNCTION pg_temp.say(p_channel uuid, p_sender uuid, p_key text, p_body text)
RETURNS pg_temp.op LANGUAGE sql AS
	$$ SELECT pg_temp.op(p_channel, p_sender, p_key, 'message', NULL, p_body) $$;
CREATE FUNCTION pg_temp.react(p_channel uuid, p_sender uuid, p_op text, p_target bigint,
    p_emoji text) RETURNS pg_temp.op LANGUAGE sql AS $$
	SELECT pg_temp.op(p_channel, p_sender, gen_random_uuid()::text, p_op, p_target, NULL,
	    jsonb_build_object('emoji', p_emoji))
$$;

CREATE FUNCTION pg_temp.rows_of(VARIADIC p_ops pg_temp.op[])
RETURNS TABLE (ord integer, outcome text, code text, seq bigint, created_ms bigint, body text,
    edited_ms bigint, deleted boolean, sender_name text, payload jsonb, message_id bigint,
    version integer) LANGUAGE sql AS $$
	SELECT b.* FROM (SELECT array_agg(pg_temp.id('f', 1)) t, array_agg(channel ORDER BY n) c,
		array_agg(sender ORDER BY n) s, array_agg(pg_temp.key(key) ORDER BY n) k,
		array_agg(pg_temp.key(concat_ws('|', op, target, body, more)) ORDER BY n) h,
		array_agg(key ORDER BY n) i, array_agg(body ORDER BY n) b,
		array_agg(md5(key)::uuid ORDER BY n) e, array_agg(op ORDER BY n) o,
		array_agg(target ORDER BY n) g, array_agg(more ORDER BY n) m
	    FROM unnest(p_ops) WITH ORDINALITY AS u (channel, sender, key, op, target, body, more,
		n)) a,
	LATERAL es_batch_ops(NULL, NULL, NULL, a.t, a.c, a.s, a.k, a.h, a.i, a.b, a.e, a.o, a.g,
	    a.m) b
$$;
-- One text for each row: 'ord outcome code seq [>target] [v version] [body]'.
CREATE FUNCTION pg_temp.ops(VARIADIC p_ops pg_temp.op[]) RETURNS SETOF text LANGUAGE sql AS $$
	SELECT concat_ws(' ', ord, outcome, code, seq, '>' || message_id, 'v' || version, body)
	FROM pg_temp.rows_of(VARIADIC p_ops)
$$;

-- edits
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.say(%L, %L, ''k1'', ''one''),
    pg_temp.op(%L, %L, ''e1'', ''edit'', 1, ''uno''), pg_temp.say(%L, %L, ''k2'', ''two''))',
    :'c1', :'a1', :'c1', :'a1', :'c1', :'a1'),
    ARRAY['1 committed ok 1', '2 event message_updated 2 >1 v2 uno', '2 committed ok 2 >1 v2',
    '3 committed ok 3'], 'messages and edits are numbered in the order of the queue');
SELECT results_eq('SELECT body, version, edited_at IS NOT NULL FROM messages
    WHERE channel_id = pg_temp.id(''c'', 1) AND id = 1', $$ VALUES ('uno', 2, true) $$,
    'an edit changes text and version');
SELECT results_eq('SELECT version, body, replaced_by FROM message_revisions',
    format('VALUES (1, ''one'', %L::uuid)', :'a1'), 'the older text is kept as a revision');
SELECT is((SELECT count(*) FROM channel_events WHERE payload::text LIKE '%uno%'), 0::bigint,
    'the event of an edit holds no text');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e1'', ''edit'', 1, ''uno''))',
    :'c1', :'a1'), ARRAY['1 event message_updated 2 >1 v2 uno', '1 repeat ok 2 >1 v2'],
    'a repeat of an edit returns its event again');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e1'', ''edit'', 1, ''x''))',
    :'c1', :'a1'), ARRAY['1 refused idempotency_key_reused >1'], 'another edit under a used key is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e2'', ''edit'', 1, ''uno''))',
    :'c1', :'a1'), ARRAY['1 committed ok 0 >1 v2'], 'an edit to the same text takes no number');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e3'', ''edit'', 1, ''eins'',
    ''{"ifVersion": 1}''))', :'c1', :'a1'), ARRAY['1 refused version_conflict >1'],
    'an edit of an older version is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e4'', ''edit'', 1, ''eins'',
    ''{"ifVersion": 2}''))', :'c1', :'a1'),
    ARRAY['1 event message_updated 4 >1 v3 eins', '1 committed ok 4 >1 v3'],
    'an edit of the present version passes');
SELECT is((SELECT code FROM refused_messages WHERE client_message_id = 'e3'), 'version_conflict',
    'the refusal is stored');

-- who may
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.say(%L, %L, ''k3'', ''mine''),
    pg_temp.op(%L, %L, ''e5'', ''edit'', 1, ''x''), pg_temp.op(%L, %L, ''e6'', ''delete'', 1))',
    :'c1', :'a2', :'c1', :'a2', :'c1', :'a2'),
    ARRAY['1 event member_joined 5', '1 committed ok 6', '2 refused forbidden >1',
    '3 refused forbidden >1'], 'a member may not change another''s message');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e7'', ''edit'', 6, ''ours''))',
    :'c1', :'a1'), ARRAY['1 event message_updated 7 >6 v2 ours', '1 committed ok 7 >6 v2'],
    'an admin may edit each message');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''e8'', ''edit'', 99, ''x''),
    pg_temp.op(%L, %L, ''e9'', ''edit'', 1, ''x''), pg_temp.op(%L, %L, ''f1'', ''edit'', 1, ''x''),
    pg_temp.op(%L, %L, ''f2'', ''edit'', 1, ''x''), pg_temp.op(%L, %L, ''f3'', ''edit'', 1, ''x''))',
    :'c1', :'a1', :'c3', :'a2', :'c4', :'a1', :'d1', :'a1', :'c1', :'b1'),
    ARRAY['1 refused not_found >99', '2 refused not_found >1', '3 refused channel_archived >1',
    '4 refused not_found >1', '5 refused not_found >1'],
    'an edit of an unknown message, in a hidden, archived or foreign channel, or by a foreign user is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''f4'', ''edit'', 6, ''x''))',
    :'c1', :'a3'), ARRAY['1 refused forbidden >6'], 'a deactivated user may not edit');
UPDATE tenants SET settings = '{"editWindowSeconds": 60}' WHERE id = pg_temp.id('f', 1);
UPDATE messages SET created_at = now() - interval '61 s' WHERE id = 6;
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''f5'', ''edit'', 6, ''late''))',
    :'c1', :'a2'), ARRAY['1 refused edit_window_over >6'], 'the author may not edit after the window');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''f6'', ''edit'', 6, ''late''))',
    :'c1', :'a1'), ARRAY['1 event message_updated 8 >6 v3 late', '1 committed ok 8 >6 v3'],
    'the window does not bind an admin');
UPDATE messages SET created_at = now() - interval '59 s' WHERE id = 6;
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''f7'', ''edit'', 6, ''soon''))',
    :'c1', :'a2'), ARRAY['1 event message_updated 9 >6 v4 soon', '1 committed ok 9 >6 v4'],
    'the author may edit within the window');

-- reactions
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.react(%L, %L, ''react'', 6, ''a''),
    pg_temp.react(%L, %L, ''react'', 6, ''a''), pg_temp.say(%L, %L, ''k4'', ''x''),
    pg_temp.react(%L, %L, ''react'', 6, ''b''), pg_temp.react(%L, %L, ''react'', 1, ''a''))',
    :'c1', :'a2', :'c1', :'a1', :'c1', :'a1', :'c1', :'a2', :'c1', :'a1'),
    ARRAY['3 committed ok 10', '5 event reactions_changed 11 >1', '5 committed ok 11 >1',
    '1 event reactions_changed 12 >6', '1 committed ok 12 >6', '2 committed ok 12 >6',
    '4 committed ok 12 >6'], 'the reactions of a batch to one message are one event');
SELECT results_eq('SELECT payload FROM channel_events WHERE seq = 12 AND channel_id = pg_temp.id(''c'', 1)',
    format($$ VALUES ('{"messageId": 6, "changes": [{"op": "add", "emoji": "a", "userId": "%s"},
    {"op": "add", "emoji": "a", "userId": "%s"}, {"op": "add", "emoji": "b", "userId": "%s"}],
    "counts": [{"count": 2, "emoji": "a"}, {"count": 1, "emoji": "b"}]}'::jsonb) $$,
    :'a2', :'a1', :'a2'), 'the event has the changes and the counts');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.react(%L, %L, ''react'', 6, ''a''),
    pg_temp.react(%L, %L, ''unreact'', 6, ''c''))', :'c1', :'a2', :'c1', :'a2'),
    ARRAY['1 repeat ok 0 >6', '2 repeat ok 0 >6'], 'a reaction that changes nothing takes no number');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.react(%L, %L, ''react'', 6, ''c''),
    pg_temp.react(%L, %L, ''unreact'', 6, ''c''), pg_temp.react(%L, %L, ''unreact'', 6, ''b''))',
    :'c1', :'a2', :'c1', :'a2', :'c1', :'a2'),
    ARRAY['1 event reactions_changed 13 >6', '1 repeat ok 0 >6', '2 repeat ok 0 >6',
    '3 committed ok 13 >6'], 'the last reaction of a user with an emoji counts');
SELECT results_eq('SELECT emoji, count FROM reaction_counts WHERE message_id = 6 ORDER BY 1',
    $$ VALUES ('a' COLLATE "C", 2::bigint) $$, 'an emoji that nobody uses any more loses its count');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.react(%L, %L, ''react'', 6, ''a''),
    pg_temp.react(%L, %L, ''react'', 99, ''a''), pg_temp.react(%L, %L, ''react'', 1, ''a''))',
    :'c3', :'a2', :'c1', :'a1', :'c4', :'a1'),
    ARRAY['2 refused not_found >99', '1 refused not_found >6', '3 refused channel_archived >1'],
    'a reaction to what the user does not see is refused');
SELECT is((SELECT count(*) FROM pg_temp.rows_of(VARIADIC (SELECT array_agg(pg_temp.react(
    pg_temp.id('c', 1), pg_temp.id('a', 1), 'react', 10, 'e' || n)) FROM generate_series(1, 51) n))
    WHERE code = 'too_many_reactions'), 1::bigint, 'a message has at most 50 different emoji');
SELECT is((SELECT count(*) FROM reaction_counts WHERE message_id = 10), 50::bigint, 'and has 50');

-- many users react at once
INSERT INTO users (tenant_id, id, email, display_name, role)
SELECT pg_temp.id('f', 1), ('0190ffff-0000-7000-8000-0000000a' || lpad(to_hex(n), 4, '0'))::uuid,
    'm' || n || '@t.test', 'M', 'member' FROM generate_series(1, 600) n;
SELECT is((SELECT array_agg(concat_ws(' ', code, jsonb_array_length(payload -> 'changes'),
    payload -> 'more', payload -> 'counts')) FROM pg_temp.rows_of(VARIADIC (SELECT array_agg(
    pg_temp.react(pg_temp.id('c', 1), u.id, 'react', 10, 'e1') ORDER BY u.id) FROM users u
    WHERE u.display_name = 'M')) WHERE outcome = 'event'),
    ARRAY['reactions_changed 20 580 [{"count": 601, "emoji": "e1"}]'],
    '600 reactions are one event, which lists the first 20');
SELECT is((SELECT count FROM reaction_counts WHERE message_id = 10 AND emoji = 'e1'), 601::bigint,
    'each of 600 users counts');
SELECT is((SELECT last_seq FROM channel_heads WHERE channel_id = :'c1'), (SELECT max(seq) FROM
    channel_events WHERE channel_id = :'c1'), 'the head is the last number');

-- deletes
SELECT results_eq(format('SELECT ord, outcome, code, message_id, deleted FROM pg_temp.rows_of(
    pg_temp.op(%L, %L, ''d1'', ''delete'', 6))', :'c1', :'a2'),
    $$ VALUES (1, 'event', 'message_deleted', 6::bigint, true), (1, 'committed', 'ok', 6, false) $$,
    'the author may delete, after the window, too');
SELECT results_eq('SELECT body, deleted_at IS NOT NULL FROM messages WHERE id = 6', $$ VALUES ('', true) $$,
    'a deleted message has no text');
SELECT is((SELECT count(*) FROM message_revisions WHERE message_id = 6), 0::bigint, 'nor have its revisions');
SELECT is((SELECT count(*) FROM reactions WHERE message_id = 6) + (SELECT count(*) FROM reaction_counts
    WHERE message_id = 6), 0::bigint, 'its reactions are gone');
SELECT results_eq(format('SELECT outcome, code FROM pg_temp.rows_of(
    pg_temp.op(%L, %L, ''d1'', ''delete'', 6))', :'c1', :'a2'),
    $$ VALUES ('event', 'message_deleted'), ('repeat', 'ok') $$, 'a repeat of a delete returns its event again');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''d2'', ''delete'', 6),
    pg_temp.op(%L, %L, ''d3'', ''edit'', 6, ''back''), pg_temp.react(%L, %L, ''react'', 6, ''a''))',
    :'c1', :'a2', :'c1', :'a2', :'c1', :'a2'),
    ARRAY['1 refused gone >6', '2 refused gone >6', '3 refused gone >6'], 'a tombstone does not change any more');
SELECT results_eq(format('SELECT * FROM pg_temp.ops(pg_temp.op(%L, %L, ''f7'', ''edit'', 6, ''soon''))',
    :'c1', :'a2'), ARRAY['1 event message_updated 9 >6 v4', '1 repeat ok 9 >6 v4'],
    'a repeat of an edit of a deleted message returns no text');

SELECT * FROM finish();
ROLLBACK;
