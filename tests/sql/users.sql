-- The keys that a trigger makes from names and addresses, the channels that guests see, and rows
-- that the database refuses.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('c', 1) AS c1, pg_temp.id('c', 2) AS c2,
    pg_temp.id('a', 2) AS a2, pg_temp.id('a', 9) AS guest \gset
SELECT set_config('app.tenant', :'t1', true) \g /dev/null

-- keys of names
SELECT is(es_name_key(name), key, format('the key of %s', key)) FROM (VALUES
    (U&'CAFE\0301', U&'caf\00E9'), (U&' ge\200Bneral\00A0', 'general'), ('Stra' || U&'\00DF' || 'e', 'strasse'),
    (U&'\03A3\0391\03C2', U&'\03C3\03B1\03C3'), (U&'\FF21\FF22', 'ab'), (U&'\0131', U&'\0131'), ('INFO', 'info'),
    (U&'\3164', ''), (repeat(U&'\FDFA', 200), left(repeat(es_name_key(U&'\FDFA'), 200), 500))) AS t (name, key);
SELECT matches(pg_temp.app(:'t1', format('INSERT INTO users (tenant_id, id, email, display_name)
    VALUES (%L, gen_random_uuid(), %L, %L)', :'t1', U&'\FF21' || '2@T.test', 'x')), '^23505 .*users_email_key',
    'an older program, which writes no key, can''t create a user whose address looks alike');
SELECT matches(pg_temp.app(:'t1', format('INSERT INTO channels (tenant_id, id, name, created_by)
    VALUES (%L, gen_random_uuid(), %L, %L)', :'t1', U&'c\200B1', pg_temp.id('a', 1))), '^23505 .*channels_name_key',
    'an older program, which writes no key, can''t create a channel whose name looks alike');
SELECT is(pg_temp.app(:'t1', format('UPDATE users SET email = %L, display_name = %L WHERE tenant_id = %L
    AND id = %L', 'New@T.test', 'New', :'t1', :'a2')), 'rows 1', 'an older program, which writes no key, may change a name');
SELECT results_eq(format('SELECT email_key, name_key FROM users WHERE id = %L', :'a2'),
    $$ VALUES ('new@t.test' COLLATE "C", 'new' COLLATE "C") $$, 'the keys are those of the new name and address');
SELECT is(pg_temp.app(:'t1', format('UPDATE users SET deleted_at = now() WHERE tenant_id = %L AND id = %L',
    :'t1', :'a2')) LIKE '23514 %', true, 'a deleted user must be deactivated');

-- guests
INSERT INTO users (tenant_id, id, email, display_name, role) VALUES (:'t1', :'guest', 'g@t.test', 'Gus', 'guest');
INSERT INTO channel_members (tenant_id, channel_id, user_id) VALUES (:'t1', :'c2', :'guest');
SELECT results_eq(format('SELECT ord, is_private, is_member FROM es_rights(array_fill(%L::uuid, ARRAY[3]),
    ARRAY[%L, %L, %L]::uuid[], ARRAY[%L, %L, %L]::uuid[])', :'t1', :'guest', :'guest', :'a2', :'c1', :'c2', :'c1'),
    'VALUES (2, false, true), (3, false, false)', 'a guest may read the channels that it is a member of');
SELECT results_eq(format('SELECT code FROM es_read_many(array_fill(%L::uuid, ARRAY[3]),
    ARRAY[%L, %L, %L]::uuid[], ARRAY[%L, %L, %L]::uuid[], ARRAY[1, 1, 1]::bigint[])',
    :'t1', :'c1', :'c2', :'c1', :'guest', :'guest', :'a2'), $$ VALUES ('not_found'), ('ok'), ('forbidden') $$,
    'for a guest a channel of which it is not a member does not exist');
SELECT results_eq(format('SELECT pg_temp.send(pg_temp.m(%L, %L, %L, %L), pg_temp.m(%L, %L, %L, %L))',
    :'c1', :'guest', 'k1', 'x', :'c2', :'guest', 'k2', 'y'),
    $$ VALUES ('1 refused not_found'), ('2 committed ok 1') $$, 'a guest does not join by sending');
SELECT * FROM finish();
ROLLBACK;
