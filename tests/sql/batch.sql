-- es_batch: order, repeats, refusals, joins, fencing.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('a', 1) AS a1, pg_temp.id('a', 2) AS a2, pg_temp.id('a', 3) AS a3,
    pg_temp.id('c', 1) AS c1, pg_temp.id('c', 2) AS c2, pg_temp.id('c', 3) AS c3,
    pg_temp.id('c', 4) AS c4, pg_temp.id('d', 1) AS d1, pg_temp.id('b', 1) AS b1,
    pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2 \gset

-- numbers and order
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1', 'k1', 'one', :'c1', :'a1', 'k2', 'two'),
    ARRAY['1 committed ok 1', '2 committed ok 2'], 'a member''s messages are numbered in order');
SELECT results_eq('SELECT id, body FROM messages WHERE channel_id = pg_temp.id(''c'', 1) ORDER BY id',
    $$ VALUES (1::bigint, 'one'), (2, 'two') $$, 'the committed messages are rows');
SELECT is(last_seq, 2::bigint, 'the head is the last number') FROM channel_heads
WHERE channel_id = :'c1';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))',
    :'c1', :'a1', 'x1', 'p', :'c3', :'a1', 'x2', 'q', :'c1', :'a1', 'x3', 'r',
    :'c3', :'a1', 'x4', 's'),
    ARRAY['1 committed ok 3', '2 committed ok 1', '3 committed ok 4', '4 committed ok 2'],
    'two channels in one batch have numbers of their own');
SELECT is((SELECT count(DISTINCT created_at) FROM messages WHERE client_message_id LIKE 'x_'),
    1::bigint, 'all messages of a batch have one time');

-- repeats
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'k1', 'one'), ARRAY['1 repeat ok 1 one'], 'a later repeat returns the first message');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1', 'k3', 'three',
    :'c1', :'a1', 'k3', 'three', :'c1', :'a1', 'k4', 'four'),
    ARRAY['1 committed ok 5', '2 repeat ok 5 three', '3 committed ok 6'],
    'a repeat in the same batch returns the first message and takes no number');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'k1', 'other'), ARRAY['1 refused idempotency_key_reused'], 'another body under a used key is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1', 'k5', 'five',
    :'c1', :'a1', 'k5', 'other', :'c1', :'a1', 'k5', 'five'),
    ARRAY['1 committed ok 7', '2 refused idempotency_key_reused', '3 repeat ok 7 five'],
    'another body under a key of the same batch is refused');
SELECT is((SELECT count(*) FROM refused_messages), 0::bigint, 'a reused key stores no refusal, because it belongs to a message');
UPDATE messages SET body = 'edited text', edited_at = now() WHERE client_message_id = 'k1';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'k1', 'one'), ARRAY['1 repeat ok 1 edited text edited'], 'a repeat after an edit returns the edited body');
UPDATE messages SET deleted_at = now() WHERE client_message_id = 'k1';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'k1', 'one'), ARRAY['1 repeat ok 1 edited deleted'], 'a repeat after a deletion returns no body');
SELECT is((SELECT count(*) FROM messages WHERE client_message_id = 'k1'), 1::bigint, 'a repeat after a deletion inserts no row');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c3', :'a1',
    'k1', 'one'), ARRAY['1 committed ok 3'], 'the same key in another channel is another message');

-- a send of a non-member joins the channel
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))',
    :'c2', :'a1', 'j1', 'mine', :'c2', :'a2', 'j2', 'hello', :'c2', :'a2', 'j2', 'hello',
    :'c2', :'a2', 'j3', 'again'),
    ARRAY['1 committed ok 1', '2 event member_joined 2', '2 committed ok 3',
    '3 repeat ok 3 hello', '4 committed ok 4'], 'the first send of a user to a public channel makes the user a member, once');
SELECT results_eq('SELECT seq, kind, actor_id, payload FROM channel_events
    WHERE channel_id = pg_temp.id(''c'', 2)', format('VALUES (2::bigint, %L, %L::uuid,
    %L::jsonb)', 'member_joined', :'a2', json_build_object('userId', :'a2', 'displayName', 'A Two',
    'role', 'member')), 'the join is a numbered event');
SELECT is(last_read_seq, 3::bigint, 'a user who joins by sending has read up to that message') FROM channel_members
WHERE channel_id = :'c2' AND user_id = :'a2';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c2', :'a2',
    'j4', 'more'), ARRAY['1 committed ok 5'], 'a member does not join again');

-- refusals
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c3', :'a2',
    'r1', 'let me in'), ARRAY['1 refused not_found'], 'a private channel does not exist for users who are not members');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c4', :'a1',
    'r2', 'late'), ARRAY['1 refused channel_archived'], 'a send to an archived channel is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a3',
    'r3', 'ghost'), ARRAY['1 refused forbidden'], 'a send of a deactivated user is refused');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'d1', :'a1',
    'r4', 'x'), ARRAY['1 refused not_found'], 'a channel of another tenant is unknown');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'b1',
    'r5', 'x'), ARRAY['1 refused not_found'], 'a user of another tenant is unknown');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))',
    pg_temp.id('c', 99), :'a1', 'r6', 'x'), ARRAY['1 refused not_found'], 'a channel that does not exist is unknown');
SELECT results_eq(format('SELECT * FROM pg_temp.send(ROW(%L, %L, %L, %L, %L)::pg_temp.msg)',
    pg_temp.id('f', 99), :'c1', :'a1', 'r7', 'x'), ARRAY['1 refused not_found'], 'a tenant that does not exist is unknown');
SELECT set_eq('SELECT client_message_id, code FROM refused_messages', $$ VALUES
    ('r1', 'not_found'), ('r2', 'channel_archived'), ('r3', 'forbidden'), ('r4', 'not_found'),
    ('r5', 'not_found'), ('r6', 'not_found'), ('r7', 'not_found') $$, 'refusals are stored');
SELECT is((SELECT count(*) FROM channel_members WHERE user_id = :'a2' AND channel_id = :'c3'),
    0::bigint, 'a refused sender does not join the channel');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1', 's1', 'good',
    :'c4', :'a1', 's2', 'bad', :'c1', :'a1', 's3', 'good too'),
    ARRAY['1 committed ok 8', '2 refused channel_archived', '3 committed ok 9'],
    'a refusal in the middle leaves no hole');
UPDATE channel_heads SET archived = false WHERE channel_id = :'c4';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c4', :'a1',
    'r2', 'late'), ARRAY['1 committed ok 1'], 'a refused message may be committed when it is sent again');
UPDATE channel_heads SET archived = true WHERE channel_id = :'c1';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'k2', 'two'), ARRAY['1 repeat ok 2 two'], 'a repeat stays a repeat when the channel is archived');
UPDATE channel_heads SET archived = false WHERE channel_id = :'c1';
UPDATE tenants SET status = 'suspended' WHERE id = :'t1';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L),
    ROW(%L, %L, %L, %L, %L)::pg_temp.msg)', :'c1', :'a1', 'u1', 'x', :'t2', :'d1', :'b1', 'u2', 'y'),
    ARRAY['1 refused tenant_suspended', '2 committed ok 1'],
    'a message of a suspended tenant is refused, the next one in the batch is not');
UPDATE tenants SET status = 'active' WHERE id = :'t1';

-- the message of tenant t2, in the batch above, has t2 as its tenant
SELECT is(bool_and(tenant_id = :'t2'), true, 'each row has the tenant of its message') FROM messages
WHERE channel_id = :'d1';

-- a bad value fails the whole batch; fanout then splits the batch
SELECT throws_ok(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', :'c1', :'a1',
    'big', repeat('x', 262145)), '23514', NULL, 'a body beyond all limits is an error');
SELECT is((SELECT last_seq FROM channel_heads WHERE channel_id = :'c1'), 9::bigint,
    'a batch that failed takes no number');
SELECT is_empty('SELECT * FROM es_batch(NULL, NULL, NULL, ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'')',
    'an empty batch is not an error');

-- bans, the posting policy, deleted channels
SAVEPOINT rights;
INSERT INTO channels (tenant_id, id, name, created_by, posting_policy) VALUES
    (:'t1', pg_temp.id('c', 8), 'c8', :'a1', 'everyone'), (:'t1', pg_temp.id('c', 9), 'c9', :'a1', 'admins');
INSERT INTO channel_heads (tenant_id, channel_id) VALUES (:'t1', pg_temp.id('c', 8)), (:'t1', pg_temp.id('c', 9));
INSERT INTO channel_bans (tenant_id, channel_id, user_id, banned_by) VALUES (:'t1', pg_temp.id('c', 8), :'a2', :'a1');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L), pg_temp.m(%1$L, %5$L, %6$L, %4$L))',
    pg_temp.id('c', 8), :'a2', 'b1', 'x', :'a1', 'b2'),
    ARRAY['1 refused not_found', '2 event member_joined 1', '2 committed ok 2'], 'a banned user does not join by sending');
SELECT is_empty(format('SELECT FROM channel_members WHERE channel_id = %L AND user_id = %L', pg_temp.id('c', 8), :'a2'),
    'a banned user is not a member');
SELECT results_eq(format('SELECT ord FROM es_rights(ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %3$L]::uuid[],
    ARRAY[%4$L, %4$L]::uuid[])', :'t1', :'a2', :'a1', pg_temp.id('c', 8)), ARRAY[2], 'a banned user may not read');
DELETE FROM channel_bans;
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', pg_temp.id('c', 8), :'a2', 'b3', 'x'),
    ARRAY['1 event member_joined 3', '1 committed ok 4'], 'after the ban is lifted the user may send');

INSERT INTO channel_members (tenant_id, channel_id, user_id) VALUES (:'t1', pg_temp.id('c', 9), :'a2');
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L), pg_temp.m(%1$L, %5$L, %6$L, %4$L))',
    pg_temp.id('c', 9), :'a2', 'q1', 'x', :'a1', 'q2'),
    ARRAY['1 refused forbidden', '2 event member_joined 1', '2 committed ok 2'], 'where only admins post, a member may not send and the tenant''s owner may');
SELECT results_eq(format('SELECT ord, may_post, admins_post FROM es_rights(ARRAY[%1$L, %1$L]::uuid[],
    ARRAY[%2$L, %3$L]::uuid[], ARRAY[%4$L, %4$L]::uuid[])', :'t1', :'a2', :'a1', pg_temp.id('c', 9)),
    $$ VALUES (1, false, true), (2, true, true) $$, 'es_rights returns the same rights');
UPDATE channel_members SET role = 'admin' WHERE channel_id = pg_temp.id('c', 9) AND user_id = :'a2';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', pg_temp.id('c', 9), :'a2', 'q3', 'x'),
    ARRAY['1 committed ok 3'], 'where only admins post, an admin of the channel may send');
UPDATE channel_members SET role = 'member' WHERE channel_id = pg_temp.id('c', 9) AND user_id = :'a2';
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L))', pg_temp.id('c', 9), :'a2', 'q3', 'x'),
    ARRAY['1 repeat ok 3 x'], 'a repeat stays a repeat in a channel where only admins post');

DELETE FROM channels WHERE id = pg_temp.id('c', 9);
DELETE FROM channel_heads WHERE channel_id = pg_temp.id('c', 9);
SELECT results_eq(format('SELECT * FROM pg_temp.send(pg_temp.m(%L, %L, %L, %L), pg_temp.m(%1$L, %2$L, %5$L, %4$L))',
    pg_temp.id('c', 9), :'a2', 'q3', 'x', 'q4'),
    ARRAY['1 refused not_found', '2 refused not_found'], 'a deleted channel refuses sends and finds no repeat');
ROLLBACK TO rights;

-- no channel has a hole or a number twice
SELECT is_empty($$ SELECT channel_id FROM (
	SELECT channel_id, id AS seq FROM messages
	UNION ALL SELECT channel_id, seq FROM channel_events) e
    JOIN channel_heads h USING (channel_id) GROUP BY channel_id, last_seq
    HAVING count(DISTINCT seq) <> last_seq OR count(*) <> last_seq OR max(seq) <> last_seq $$,
    'messages and events together fill the numbers up to each head');

-- fencing
SELECT results_eq('SELECT epoch, done_id FROM es_partition_claim(200, ''me'', 10000)',
    $$ VALUES (1::bigint, NULL::text) $$, 'a free partition is claimed');
SELECT lives_ok(format('SELECT * FROM es_batch(200, 1, NULL, ARRAY[%L]::uuid[], ARRAY[%L]::uuid[],
    ARRAY[%L]::uuid[], ARRAY[pg_temp.key(''p1'')], ARRAY[pg_temp.key(''b'')], ARRAY[''p1''],
    ARRAY[''b''])', :'t1', :'c1', :'a1'), 'the owner of the partition commits');
SELECT is(done_id, NULL, 'a batch without a position stores none') FROM es_partition_list()
WHERE partition = 200;
SELECT lives_ok($$ SELECT * FROM es_batch(200, 1, '5-0', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$,
    'a batch with a position commits');
SELECT is(done_id, '5-0', 'the position is stored with the batch') FROM es_partition_list() WHERE partition = 200;
SELECT throws_ok($$ SELECT * FROM es_batch(200, 2, NULL, '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$,
    'ES001', NULL, 'a batch in a later epoch is refused');
SELECT throws_ok($$ SELECT * FROM es_batch(200, 0, '9-0', '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$,
    'ES001', NULL, 'a batch in an older epoch is refused');
SELECT throws_ok($$ SELECT * FROM es_batch(201, 1, NULL, '{}', '{}', '{}', '{}', '{}', '{}', '{}') $$,
    'ES001', NULL, 'a batch for a partition without an owner is refused');
SELECT is(done_id, '5-0', 'a fenced batch stores no position') FROM es_partition_list()
WHERE partition = 200;

-- several partitions in one transaction
SELECT results_eq('SELECT p.epoch FROM unnest(ARRAY[202, 203]) n, es_partition_claim(n, ''me'', 10000) p',
    ARRAY[1::bigint, 1], 'two more partitions are claimed');
SELECT results_eq(format('SELECT ord, outcome FROM es_batch_many(ARRAY[203, 200, 202],
    ARRAY[1, 1, 1], ARRAY[''3-0'', NULL, ''2-0''], ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %3$L]::uuid[],
    ARRAY[%4$L, %4$L]::uuid[], ARRAY[pg_temp.key(''n1''), pg_temp.key(''n2'')],
    ARRAY[pg_temp.key(''b''), pg_temp.key(''b'')], ARRAY[''n1'', ''n2''], ARRAY[''b'', ''b''],
    ARRAY[gen_random_uuid(), gen_random_uuid()])', :'t1', :'c1', :'c3', :'a1'),
    $$ VALUES (1, 'committed'), (2, 'committed') $$, 'the owner of three partitions commits for all of them');
SELECT results_eq('SELECT partition, done_id FROM es_partition_list() WHERE partition IN (200, 202, 203)',
    $$ VALUES (200, '5-0'), (202, '2-0'), (203, '3-0') $$,
    'each partition stores its own position; a partition without a new position keeps its old one');
SELECT throws_ok(format('SELECT * FROM es_batch_many(ARRAY[200, 202, 203], ARRAY[1, 2, 1],
    ARRAY[''6-0'', ''6-0'', ''6-0''], ARRAY[%L]::uuid[], ARRAY[%L]::uuid[], ARRAY[%L]::uuid[],
    ARRAY[pg_temp.key(''n3'')], ARRAY[pg_temp.key(''b'')], ARRAY[''n3''], ARRAY[''b''], ARRAY[gen_random_uuid()])',
    :'t1', :'c1', :'a1'), 'ES001', 'of partitions {200,202,203}, 1 are not held in epochs {1,2,1}',
    'a batch with one lost partition is refused');
SELECT is_empty($$ SELECT FROM messages WHERE client_message_id = 'n3' $$,
    'a batch with one lost partition stores no message');
SELECT results_eq('SELECT partition, done_id FROM es_partition_list() WHERE partition IN (200, 202, 203)',
    $$ VALUES (200, '5-0'), (202, '2-0'), (203, '3-0') $$, 'a batch with one lost partition stores no position');
SELECT throws_ok($$ SELECT * FROM es_batch_many(ARRAY[200, 201], ARRAY[1, 1], ARRAY[NULL, NULL], '{}', '{}', '{}',
    '{}', '{}', '{}', '{}', '{}') $$, 'ES001', NULL, 'a batch with a partition that nobody claimed is refused');

SELECT * FROM finish();
ROLLBACK;
