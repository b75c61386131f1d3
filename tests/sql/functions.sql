-- All functions but es_batch: partitions, look-ups, operator, events, read marks, purge.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2, pg_temp.id('c', 1) AS c1,
    pg_temp.id('a', 1) AS a1, pg_temp.id('a', 2) AS a2, pg_temp.id('b', 1) AS b1 \gset
SELECT set_config('app.tenant', :'t1', true) \g /dev/null

-- Functions that requests call keep their plan for the life of a connection; db/README.md says
-- how. Otherwise PostgreSQL plans them again at each call.
SELECT is_empty($$ SELECT p.proname FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
    WHERE p.pronamespace = 'public'::regnamespace
    AND p.proname IN ('es_rights', 'es_authenticate', 'es_authenticate_many', 'es_heads',
	'es_acl_versions', 'es_api_key', 'es_auth_keys', 'es_subjects', 'es_channel_lock',
	'es_event', 'es_feed_event', 'es_read')
    AND NOT (l.lanname = 'plpgsql' AND p.proconfig @> ARRAY['enable_seqscan=off', 'jit=off',
	'plan_cache_mode=force_generic_plan']) $$, 'functions that requests call keep their plan');
SELECT is(provolatile, 's', 'es_ms can be inlined') FROM pg_proc WHERE proname = 'es_ms';

-- partitions
SELECT results_eq($$ SELECT epoch, done_id FROM es_partition_claim(100, 'one', 60000) $$,
    $$ VALUES (1::bigint, NULL::text) $$, 'a free partition is claimed');
SELECT is_empty($$ SELECT * FROM es_partition_claim(100, 'two', 60000) $$, 'a held partition is not claimed by another owner');
SELECT results_eq($$ SELECT epoch FROM es_partition_claim(100, 'one', 60000) $$, ARRAY[2::bigint],
    'the owner claims its partition again, in a new epoch');
SELECT lives_ok($$ SELECT es_partition_done(100, 2, '7-1') $$, 'the owner stores its position');
SELECT lives_ok($$ SELECT es_partition_done(100, 2, NULL) $$, 'the owner may check its partition without a position');
SELECT throws_ok($$ SELECT es_partition_done(100, 1, '9-9') $$, 'ES001', NULL, 'the owner of an older epoch can''t store a position');
SELECT results_eq($$ SELECT partition FROM es_partition_renew('{100,100,101}', '{2,1,1}', 60000) $$,
    ARRAY[100], 'only partitions held in these epochs are renewed');
SELECT is((SELECT until_ms > (extract(epoch FROM clock_timestamp()) * 1000 + 30000) FROM es_partition_list()
    WHERE partition = 100), true, 'the database''s clock decides when a lease expires');
UPDATE queue_partitions SET until = clock_timestamp() - interval '1 ms' WHERE partition = 100;
SELECT is(held, false, 'a partition whose lease has ended is not held') FROM es_partition_list() WHERE partition = 100;
SELECT results_eq($$ SELECT partition FROM es_partition_renew('{100}', '{2}', 1000) $$, ARRAY[100],
    'the owner may renew a lease that has ended, when no other owner has claimed the partition');
UPDATE queue_partitions SET until = clock_timestamp() + interval '900 ms' WHERE partition = 100;
SELECT is((SELECT count(*) FROM es_partition_claim(100, 'two', 60000)), 0::bigint,
    'no other owner takes a partition in the last second of its lease');
UPDATE queue_partitions SET until = clock_timestamp() - interval '1 ms' WHERE partition = 100;
SELECT results_eq($$ SELECT epoch, done_id FROM es_partition_claim(100, 'two', 60000) $$,
    $$ VALUES (3::bigint, '7-1'::text) $$, 'a partition whose lease has ended is taken over, with its position');
SELECT is_empty($$ SELECT * FROM es_partition_renew('{100}', '{2}', 1000) $$, 'the former owner renews nothing');
SELECT is(es_partition_release(100, 2), false, 'the former owner releases nothing');
SELECT is(es_partition_release(100, 3), true, 'the owner releases its partition');
SELECT results_eq($$ SELECT epoch FROM es_partition_claim(100, 'three', 60000) $$, ARRAY[4::bigint],
    'a released partition is free at once');
SELECT throws_ok($$ SELECT * FROM es_partition_claim(256, 'x', 1) $$, '23514', NULL, 'a partition above 255 is refused');

-- look-ups
SELECT results_eq(format('SELECT * FROM es_heads(ARRAY[%L, %L, %L]::uuid[], ARRAY[%L, %L, %L]::uuid[])',
    :'t1', :'t2', :'t1', :'c1', :'c1', pg_temp.id('c', 4)), $$ VALUES (1, 0::bigint, false),
    (2, NULL, NULL), (3, 0, true) $$, 'heads come in order; a channel under a wrong tenant is unknown');
SELECT results_eq(format('SELECT * FROM es_acl_versions(ARRAY[%L, %L]::uuid[])', pg_temp.id('f', 9), :'t1'),
    $$ VALUES (1, NULL::bigint, NULL::text), (2, 1, 'active') $$, 'versions of tenants come in order; an unknown tenant has NULL');
SELECT results_eq(format('SELECT tenant_status, user_status, role, display_name, tokens_valid_after_ms,
    revoked, epoch = es_epoch() FROM es_authenticate(%L, %L, %L)', :'t1', :'a1', 'j1'),
    $$ VALUES ('active', 'active', 'owner', 'A One', 0::bigint, false, true) $$, 'es_authenticate returns the user and its tenant');
SELECT is_empty(format('SELECT * FROM es_authenticate(%L, %L, %L)', :'t1', :'b1', 'j1'),
    'a user of another tenant is not found');
SELECT results_eq(format('SELECT ord, tenant_status, user_status, display_name, revoked
    FROM es_authenticate_many(ARRAY[%L, %L, %L, %L]::uuid[], ARRAY[%L, %L, %L, %L]::uuid[], ARRAY[%L, %L, %L, %L])',
    :'t1', :'t1', :'t2', :'t1', :'a1', :'b1', :'b1', pg_temp.id('a', 3), 'j1', 'j1', 'j1', 'j1'),
    $$ VALUES (1, 'active', 'active', 'A One', false), (3, 'active', 'active', 'B One', false),
    (4, 'active', 'deactivated', 'A Three', false) $$,
    'es_authenticate_many returns users of several tenants, each in its place, and no user of another tenant');
SELECT is_empty($$ SELECT * FROM es_authenticate_many('{}', '{}', '{}') $$, 'es_authenticate_many without users returns no row');
SELECT results_eq(format('SELECT ord, last_seq, is_private, is_member, archived FROM es_rights(
    ARRAY[%1$L, %1$L, %1$L, %1$L, %1$L, %2$L, %2$L, %2$L]::uuid[], ARRAY[%3$L, %4$L, %5$L, %3$L, %3$L, %6$L, %6$L, %3$L]::uuid[],
    ARRAY[%7$L, %7$L, %8$L, %9$L, %10$L, %7$L, %11$L, %11$L]::uuid[])', :'t1', :'t2', :'a1', :'a2',
    pg_temp.id('a', 3), :'b1', pg_temp.id('c', 3), :'c1', pg_temp.id('c', 4), pg_temp.id('c', 77), pg_temp.id('d', 1)),
    $$ VALUES (1, 0::bigint, true, true, false), (4, 0, false, true, true), (7, 0, false, true, false) $$,
    'es_rights: members may read; non-members of a private channel, deactivated users and other tenants may not; nobody reads an unknown channel');
INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES (:'t1', 'j1', now() + interval '1 h'),
    (:'t1', 'j0', now() - interval '1 s'), (:'t2', 'j2', now() + interval '1 h');
UPDATE users SET tokens_valid_after = 'epoch'::timestamptz + interval '4000000005 s' WHERE id = :'a1';
SELECT results_eq(format('SELECT revoked, tokens_valid_after_ms FROM es_authenticate(%L, %L, %L)',
    :'t1', :'a1', 'j1'), 'VALUES (true, 4000000005000::bigint)', 'a revoked token is reported');
SELECT results_eq(format('SELECT revoked FROM es_authenticate(%L, %L, %L)', :'t1', :'a1', 'j2'),
    ARRAY[false], 'a revocation of another tenant does not count');
SELECT results_eq(format('SELECT revoked FROM es_authenticate_many(ARRAY[%1$L, %1$L]::uuid[],
    ARRAY[%2$L, %2$L]::uuid[], ARRAY[%3$L, %4$L])', :'t1', :'a1', 'j2', 'j1'), ARRAY[false, true],
    'es_authenticate_many reports revocations for each token');
INSERT INTO revoked_tokens (tenant_id, jti, user_id, expires_at, spares_owners) VALUES
    (:'t1', 'j3', :'a2', now() + interval '1 h', false),
    (:'t1', 'j4', '00000000-0000-0000-0000-000000000000', now() + interval '1 h', true);
SELECT results_eq(format('SELECT (es_authenticate(%1$L, u, j)).revoked FROM unnest(ARRAY[%2$L, %3$L, %2$L, %3$L]::uuid[],
    ARRAY[%4$L, %4$L, %5$L, %5$L]) WITH ORDINALITY AS x (u, j, n) ORDER BY n', :'t1', :'a1', :'a2', 'j3', 'j4'),
    ARRAY[false, true, false, true], 'a revocation for one user revokes no token of another user; a revocation by an admin spares the owner');
SELECT results_eq(format('SELECT revoked FROM es_authenticate_many(ARRAY[%1$L, %1$L, %1$L, %1$L]::uuid[],
    ARRAY[%2$L, %3$L, %2$L, %3$L]::uuid[], ARRAY[%4$L, %4$L, %5$L, %5$L])', :'t1', :'a1', :'a2', 'j3', 'j4'),
    ARRAY[false, true, false, true], 'es_authenticate_many: a revocation for one user revokes no token of another user; a revocation by an admin spares the owner');
DELETE FROM revoked_tokens WHERE jti IN ('j3', 'j4');
INSERT INTO api_keys (tenant_id, id, hash, name, scopes, revoked_at) VALUES
    (:'t1', pg_temp.id('e', 1), sha256('good'), 'k', '{read}', NULL),
    (:'t1', pg_temp.id('e', 2), sha256('gone'), 'k', '{}', now());
UPDATE api_keys SET bot_user_id = :'a2', scopes = '{messages:write,tokens:mint}' WHERE id = pg_temp.id('e', 1);
SELECT results_eq(format('SELECT k.tenant_id, k.name, k.scopes, k.tenant_status, k.user_id, k.role, k.use_is_old
    FROM unnest(ARRAY[NULL, %L, %L]::uuid[]) WITH ORDINALITY u (id, n), es_api_key(sha256(%L), u.id) k ORDER BY n',
    :'a1', :'b1', 'good'), format($$ VALUES (%1$L::uuid, 'k', 'messages:write tokens:mint', 'active', %2$L::uuid, 'member', true),
    (%1$L, 'k', 'messages:write tokens:mint', 'active', %3$L, 'owner', true),
    (%1$L, 'k', 'messages:write tokens:mint', 'active', NULL, NULL, true) $$, :'t1', :'a2', :'a1'),
    'an API key returns its tenant and its bot, or the given user; a user of another tenant is not found');
SELECT is_empty($$ SELECT * FROM es_api_key(sha256('gone'), NULL) $$, 'a revoked key returns no row');
UPDATE tenants SET settings = '{"allowed_origins": ["https://a", "https://b"]}' WHERE id = :'t1';
UPDATE tenants SET settings = '{"allowed_origins": ["https://b", "https://c"]}' WHERE id = :'t2';
SELECT set_has('SELECT es_allowed_origins()', $$ VALUES ('https://a'), ('https://b'), ('https://c') $$,
    'es_allowed_origins returns the origins of all tenants');
SELECT set_eq($$ SELECT es_origins_allowed(ARRAY['https://b', 'https://d', 'https://c']) $$,
    ARRAY['https://b', 'https://c'], 'es_origins_allowed returns the given origins that a tenant allows');
UPDATE tenants SET settings = '{"allowed_origins": 7}', status = 'suspended' WHERE id = :'t2';
SELECT set_hasnt('SELECT es_allowed_origins()', $$ VALUES ('https://c'), ('7') $$,
    'invalid settings and suspended tenants allow no origin');
SELECT is_empty($$ SELECT es_origins_allowed(ARRAY['https://c', '7', NULL]) $$,
    'an origin that a tenant removed is not allowed');
UPDATE tenants SET status = 'suspended' WHERE id = :'t1';
SELECT is_empty($$ SELECT es_origins_allowed(ARRAY['https://a']) $$, 'an origin of a suspended tenant is not allowed');
UPDATE tenants SET status = 'active', settings = '{"allowed_origins": ["https://a", "https://a", 7]}'
WHERE id = :'t1';
SELECT results_eq(format('SELECT origin FROM tenant_origins WHERE tenant_id = %L', :'t1'),
    ARRAY['https://a'], 'tenant_origins follows the settings');

-- operator
SELECT results_eq(format('SELECT name, max_channels, max_messages_per_second, channel_count, status, settings
    FROM es_tenant_create(%L, %L, NULL, 5, NULL, %L, %L, %L)', pg_temp.id('f', 5), 'new',
    pg_temp.id('a', 50), 'root@new.test', 'Root'),
    $$ VALUES ('new', 1000, 5, 0, 'active', '{}'::jsonb) $$, 'a tenant is created with defaults');
SELECT results_eq(format('SELECT role, email FROM users WHERE tenant_id = %L', pg_temp.id('f', 5)),
    $$ VALUES ('owner', 'root@new.test') $$, 'the first user of a tenant is its owner');
SELECT throws_ok(format('SELECT * FROM es_tenant_create(%L, %L, -2, NULL, NULL, %L, %L, %L)',
    pg_temp.id('f', 6), 'x', pg_temp.id('a', 60), 'a@b', 'X'), '23514', NULL, 'a limit below 0 is refused');
SELECT results_eq(format('SELECT max_channels, max_messages_per_second FROM es_tenant_create(%L, %L, -1, 0,
    NULL, %L, %L, %L)', pg_temp.id('f', 7), 'x', pg_temp.id('a', 70), 'a@b', 'X'),
    'VALUES (NULL::integer, 0)', 'a limit of -1 becomes no limit; 0 is a limit');
SELECT results_eq(format('SELECT id FROM es_tenant_list(%L, 2)', :'t1'),
    format('VALUES (%L::uuid), (%L)', :'t2', pg_temp.id('f', 5)), 'tenants are listed by id, after the cursor');
SELECT results_eq(format('SELECT name, max_channels, settings, acl_version FROM es_tenant_patch(%L, NULL, 3, NULL, %L)',
    pg_temp.id('f', 5), '{"a": 1, "b": 2}'), $$ VALUES ('new', 3, '{"a": 1, "b": 2}'::jsonb, 2::bigint) $$,
    'a patch changes only the given values');
SELECT results_eq(format('SELECT name, max_channels, settings FROM es_tenant_patch(%L, %L, NULL, NULL, %L)',
    pg_temp.id('f', 5), 'newer', '{"a": null}'), $$ VALUES ('newer', 3, '{"b": 2}'::jsonb) $$,
    'a null removes a setting');
SELECT throws_ok(format('SELECT * FROM es_tenant_patch(%L, NULL, NULL, NULL, %L)', pg_temp.id('f', 5),
    jsonb_build_object('c', repeat('x', 16384 - 16))), '23514', NULL, 'all settings of a tenant together have a limit');
SELECT results_eq(format('SELECT octet_length(settings::text) FROM es_tenant_patch(%L, NULL, NULL, NULL, %L)',
    pg_temp.id('f', 5), jsonb_build_object('c', repeat('x', 16384 - 17))), ARRAY[16384], 'the settings may reach the limit');
SELECT results_eq(format('SELECT settings FROM es_tenant_patch(%L, NULL, NULL, NULL, %L)',
    pg_temp.id('f', 5), '{"c": null}'), $$ VALUES ('{"b": 2}'::jsonb) $$, 'removing a setting makes room');
SELECT is_empty(format('SELECT * FROM es_tenant_patch(%L, %L, NULL, NULL, NULL)', pg_temp.id('f', 77), 'x'),
    'a patch of an unknown tenant returns no row');
SELECT results_eq(format('SELECT status, acl_version FROM es_tenant_status(%L, %L)', pg_temp.id('f', 5), 'suspended'),
    $$ VALUES ('suspended', 6::bigint) $$, 'suspending raises acl_version');
SELECT results_eq(format('SELECT max_channels, acl_version FROM es_tenant_patch(%L, NULL, 9, NULL, %L)',
    pg_temp.id('f', 5), '{"b": 2}'), $$ VALUES (9, 6::bigint) $$, 'a patch of values that no worker caches does not raise acl_version');
SELECT results_eq(format('SELECT status, acl_version FROM es_tenant_status(%L, %L)', pg_temp.id('f', 5), 'suspended'),
    $$ VALUES ('suspended', 6::bigint) $$, 'suspending a suspended tenant does not raise acl_version');
SELECT throws_ok(format('SELECT * FROM es_tenant_status(%L, %L)', pg_temp.id('f', 5), 'asleep'), '23514',
    NULL, 'another status is refused');

-- events and archiving
SELECT results_eq(format('SELECT seq FROM es_event(%L, %L, %L, %L, %L)', :'t1', :'c1',
    'channel_updated', :'a1', '{"name": "n"}'), 'VALUES (1::bigint)', 'an event takes a number');
SELECT results_eq(format('SELECT seq FROM es_event(%L, %L, %L, %L, %L)', :'t1', :'c1',
    'channel_archived', :'a1', '{}'), ARRAY[2::bigint], 'archiving takes a number');
SELECT is(archived, true, 'archiving sets the flag that sends read') FROM channel_heads WHERE channel_id = :'c1';
SELECT is(count(*), 1::bigint, 'an event of another kind keeps the flag') FROM es_event(:'t1', :'c1',
    'channel_updated', :'a1', '{"topic": "t"}');
SELECT is(archived, true, 'the flag is still set') FROM channel_heads WHERE channel_id = :'c1';
SELECT is(count(*), 1::bigint, 'restoring takes a number') FROM es_event(:'t1', :'c1',
    'channel_updated', :'a1', '{"archived": false}');
SELECT is(archived, false, 'restoring clears the flag') FROM channel_heads WHERE channel_id = :'c1';
SELECT is_empty(format('SELECT * FROM es_event(%L, %L, %L, %L, %L)', :'t1', pg_temp.id('c', 77), 'x', :'a1', '{}'),
    'an unknown channel gets no event');
-- deleting a channel: the purge deletes its rows in steps, and no others
SAVEPOINT deleted;
INSERT INTO channel_events (tenant_id, channel_id, seq, kind, actor_id)
SELECT :'t1', pg_temp.id('c', n), s, 'x', :'a1' FROM generate_series(1, 2) n, generate_series(101, 103) s;
SELECT is(es_purge_channels(2), 0::bigint, 'without a deleted channel the purge does nothing');
SELECT is(pg_temp.as_role('es_batch', NULL, 'DELETE FROM ' || t), 'rows 0',
    'es_batch deletes nothing of a channel that exists: ' || t)
FROM (SELECT c.oid::regclass::text t FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
      WHERE c.relkind = 'r' AND a.attname = 'channel_id' AND has_table_privilege('es_batch', c.oid, 'DELETE')
      AND c.relname NOT IN ('deleted_channels', 'refused_messages') ORDER BY 1) x;
DELETE FROM channel_events WHERE channel_id = :'c1' AND seq < 101;
INSERT INTO deleted_channels (tenant_id, channel_id, deleted_by) VALUES (:'t1', :'c1', :'a1');
SELECT results_eq('SELECT es_purge_channels(2) FROM generate_series(1, 4)', ARRAY[2::bigint, 2, 1, 0],
    'the purge deletes in steps: three events and a member, then the row of the deletion');
SELECT is_empty('SELECT FROM deleted_channels', 'no row of a deleted channel is left in deleted_channels');
SELECT is(count(*), 3::bigint, 'another channel keeps its events') FROM channel_events
WHERE channel_id = pg_temp.id('c', 2) AND seq > 100;
SELECT results_eq(format('SELECT code FROM es_read_many(ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %3$L]::uuid[],
    ARRAY[%4$L, %4$L]::uuid[], ARRAY[1, 1])', :'t1', pg_temp.id('c', 2), pg_temp.id('c', 77), :'a1'),
    ARRAY['ok', 'not_found'], 'a member has a read mark; in an unknown channel there is none');
ROLLBACK TO deleted;

-- tenants.channel_count does not count archived channels
SAVEPOINT counted;
UPDATE tenants SET channel_count = 3 WHERE id = :'t1';
UPDATE channels SET archived_at = now() WHERE id = :'c1';
UPDATE channels SET archived_at = now(), topic = 'twice' WHERE id = :'c1';
SELECT is(channel_count, 2, 'archiving lowers the count, once') FROM tenants WHERE id = :'t1';
UPDATE channels SET archived_at = NULL WHERE id = :'c1';
SELECT is(channel_count, 3, 'restoring raises the count') FROM tenants WHERE id = :'t1';
DELETE FROM channels WHERE id IN (:'c1', pg_temp.id('c', 4));
SELECT is(channel_count, 2, 'deleting lowers the count by the channels that were counted') FROM tenants WHERE id = :'t1';
ROLLBACK TO counted;

-- es_hand_on makes the oldest active admin the owner, else the oldest active member; a deactivated owner does not count
SAVEPOINT hand_on;
INSERT INTO channel_members (tenant_id, channel_id, user_id, role, joined_at) VALUES
    (:'t1', pg_temp.id('c', 2), pg_temp.id('a', 3), 'owner', '-infinity'), (:'t1', pg_temp.id('c', 2), :'a2', 'member', now()),
    (:'t1', pg_temp.id('c', 4), :'a2', 'member', now());
UPDATE channel_members SET role = 'member' WHERE channel_id = pg_temp.id('c', 4) AND user_id = :'a1';
SELECT results_eq(format('SELECT channel_id, seq, payload FROM es_hand_on(%L, %L, %L)', :'t1', :'a1', :'a2'),
    format('VALUES (%L::uuid, 1::bigint, es_member_payload(%L, %L, %L))', pg_temp.id('c', 2), :'a2', 'A Two', 'owner'),
    'a channel gets its active member as the owner; a channel without an active member keeps its owner');
SELECT is(role, 'owner', 'the new owner has the role') FROM channel_members
WHERE channel_id = pg_temp.id('c', 2) AND user_id = :'a2';
SELECT is(role, 'member', 'the new owner of a channel keeps its role in other channels') FROM channel_members
WHERE channel_id = pg_temp.id('c', 4) AND user_id = :'a2';
SELECT is_empty(format('SELECT * FROM es_hand_on(%L, %L, %L)', :'t1', :'a1', :'a2'), 'a channel with another active owner is not handed on');
SELECT is_empty(format('SELECT * FROM es_hand_on(%L, %L, %L, %L)', :'t1', :'a1', :'a2', pg_temp.id('c', 77)),
    'an unknown channel is not handed on');
ROLLBACK TO hand_on;
SELECT results_eq(format('SELECT * FROM es_channel_lock(%L, %L)', :'t1', :'c1'),
    'VALUES (4::bigint, false)', 'es_channel_lock returns the last number');

-- read marks
SELECT results_eq(format('SELECT last_read_seq FROM es_read(%L, %L, %L, 3)', :'t1', :'c1', :'a1'),
    ARRAY[3::bigint], 'a read mark moves forward');
SELECT results_eq(format('SELECT last_read_seq FROM es_read(%L, %L, %L, 1)', :'t1', :'c1', :'a1'),
    ARRAY[3::bigint], 'a read mark never moves back');
SELECT results_eq(format('SELECT last_read_seq FROM es_read(%L, %L, %L, 99)', :'t1', :'c1', :'a1'),
    ARRAY[4::bigint], 'a read mark does not move past the head');
SELECT is_empty(format('SELECT * FROM es_read(%L, %L, %L, 1)', :'t1', :'c1', :'a2'), 'only members have a read mark');
SELECT results_eq(format('SELECT ord, code, last_read_seq FROM es_read_many(
    ARRAY[%1$L, %1$L, %2$L, %1$L, %1$L]::uuid[], ARRAY[%3$L, %3$L, %4$L, %5$L, %6$L]::uuid[],
    ARRAY[%7$L, %8$L, %9$L, %8$L, %7$L]::uuid[], ARRAY[1, 1, 1, 1, 5])', :'t1', :'t2', :'c1',
    pg_temp.id('d', 1), pg_temp.id('c', 3), pg_temp.id('c', 77), :'a1', :'a2', :'b1'),
    $$ VALUES (1, 'ok', 4::bigint), (2, 'forbidden', NULL), (3, 'ok', 0), (4, 'not_found', NULL),
    (5, 'not_found', NULL) $$, 'es_read_many answers for each mark of several tenants');
SELECT is_empty($$ SELECT * FROM es_read_many('{}', '{}', '{}', '{}') $$, 'es_read_many without marks returns no row');

-- the quota of channels
UPDATE tenants SET max_channels = 1 WHERE id = :'t1';
SELECT is(pg_temp.app(:'t1', format('UPDATE tenants SET channel_count = channel_count + 1
    WHERE id = %L AND channel_count < max_channels', :'t1')), 'rows ' || n, 'with a quota of one channel the statement changes ' || n || ' rows')
FROM (VALUES (1), (0)) AS t (n);

-- dead letters
SELECT is(es_dead_letter('redis:1', '1-1', 'no uuid', NULL, NULL, '22021', 'bad bytes', '\x00ff'), true,
    'a dead letter is kept');
SELECT is(es_dead_letter('redis:1', '1-1', NULL, NULL, NULL, NULL, 'again', '\x00'), false, 'the same dead letter again is not stored');
SELECT results_eq($$ SELECT source_id, tenant, reason, entry FROM es_dead_letter_list(NULL, 10)
    WHERE source = 'redis:1' $$, $$ VALUES ('1-1', 'no uuid', 'bad bytes', '\x00ff'::bytea) $$,
    'the dead letter is listed as it was stored');

-- purge
INSERT INTO refused_messages (tenant_id, channel_id, dedupe_key, sender_id, client_message_id, code, created_at)
SELECT :'t1', :'c1', pg_temp.key(n::text), :'a1', n::text, 'forbidden', now() - n * interval '10 h'
FROM generate_series(1, 4) n;
UPDATE idempotency_keys SET created_at = now() - interval '24 hours 1 second';
INSERT INTO idempotency_keys SELECT tenant_id, actor, route, 'young', request_hash, resource_id,
    now() - interval '23 hours 59 minutes' FROM idempotency_keys;
SELECT results_eq('SELECT * FROM es_purge(1)', 'VALUES (1::bigint, 1::bigint)', 'a purge deletes at most p_limit rows of each table');
SELECT is(count(*), 1::bigint, 'a purge deletes at most p_limit idempotency keys') FROM idempotency_keys WHERE key = 'k';
SELECT results_eq('SELECT * FROM es_purge(100)', 'VALUES (1::bigint, 0::bigint)', 'the next purge deletes the rest');
SELECT set_eq('SELECT key FROM idempotency_keys', ARRAY['young'], 'idempotency keys younger than 24 hours stay');
SELECT set_eq('SELECT client_message_id FROM refused_messages', ARRAY['1', '2'], 'refusals younger than 24 hours stay');
SELECT set_eq('SELECT jti FROM revoked_tokens', ARRAY['j1', 'j2'], 'revocations of tokens that have not expired stay');

-- feeds
SELECT results_eq(format('SELECT ord, last_seq, is_private, is_member, archived, may_post, admins_post FROM es_rights(
    ARRAY[%1$L, %1$L, %1$L, %1$L, %2$L, %1$L]::uuid[], ARRAY[%3$L, %4$L, %3$L, %6$L, %5$L, %5$L]::uuid[],
    ARRAY[%3$L, %3$L, %5$L, %6$L, %3$L, %3$L]::uuid[])', :'t1', :'t2', :'a1', :'a2', :'b1', pg_temp.id('a', 3)),
    $$ VALUES (1, 0::bigint, true, true, false, false, false) $$,
    'es_rights: an active user reads its own feed, no other user''s, in no other tenant, and posts in none');
SELECT results_eq(format('SELECT * FROM es_heads(ARRAY[%1$L, %1$L, %1$L, %2$L]::uuid[], ARRAY[%3$L, %4$L, %1$L, %3$L]::uuid[])',
    :'t1', :'t2', :'a1', pg_temp.id('a', 77)),
    $$ VALUES (1, 0::bigint, false), (2, NULL, NULL), (3, 0, false), (4, NULL, NULL) $$,
    'the head of a feed without events is 0; another id is unknown');
SELECT results_eq(format('SELECT ord, last_seq, may_post FROM es_rights(ARRAY[%1$L, %1$L, %2$L]::uuid[], ARRAY[%3$L, %4$L, %5$L]::uuid[],
    ARRAY[%1$L, %2$L, %1$L]::uuid[])', :'t1', :'t2', :'a1', :'a2', :'b1'),
    $$ VALUES (1, 0::bigint, false) $$, 'es_rights: a user reads the feed of its own tenant only');
UPDATE users SET role = 'guest' WHERE id = :'a2';
SELECT results_eq(format('SELECT ord FROM es_rights(ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %2$L]::uuid[], ARRAY[%1$L, %2$L]::uuid[])',
    :'t1', :'a2'), ARRAY[2], 'es_rights: a guest reads its own feed, and not the tenant''s');
UPDATE users SET role = 'member' WHERE id = :'a2';
SELECT results_eq(format('SELECT seq, created_ms > 0 FROM es_feed_event(%L, %L, %L, %L, %L)', :'t1', :'a1', 'k', :'a2', '{"x": 1}'),
    $$ VALUES (1::bigint, true) $$, 'the first event of a feed creates its head');
SELECT results_eq(format('SELECT seq FROM es_feed_event(%L, %L, %L, %L, %L)', :'t1', :'a1', 'k', :'a2', '{}'),
    ARRAY[2::bigint], 'further events take the next numbers');
SELECT results_eq(format('SELECT seq, kind, actor_id, payload FROM channel_events WHERE channel_id = %L ORDER BY seq', :'a1'),
    format($$ VALUES (1::bigint, 'k', %1$L::uuid, '{"x": 1}'::jsonb), (2, 'k', %1$L, '{}') $$, :'a2'), 'the events of a feed are stored');
SELECT results_eq(format('SELECT last_seq FROM es_rights(ARRAY[%L]::uuid[], ARRAY[%2$L]::uuid[], ARRAY[%2$L]::uuid[])', :'t1', :'a1'),
    ARRAY[2::bigint], 'es_rights returns the head of the feed');
SELECT results_eq(format('SELECT last_seq FROM es_heads(ARRAY[%L]::uuid[], ARRAY[%L]::uuid[])', :'t1', :'a1'),
    ARRAY[2::bigint], 'es_heads returns the head of the feed');

-- es_recovered
CREATE TEMP TABLE before AS SELECT es_epoch() AS epoch;
SELECT is((SELECT channels FROM es_recovered()), (SELECT count(*) FROM channel_heads),
    'es_recovered raises the number of each channel');
SELECT is(last_seq, 1000004::bigint, 'es_recovered raises a number by 1,000,000') FROM channel_heads WHERE channel_id = :'c1';
SELECT isnt(es_epoch(), epoch, 'es_recovered begins a new epoch') FROM before;
SELECT is(last_seq, 1000002::bigint, 'es_recovered raises the number of a feed') FROM channel_heads WHERE channel_id = :'a1';

SELECT * FROM finish();
ROLLBACK;
