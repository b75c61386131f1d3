-- Direct messages and groups: rows that the database refuses, and what programs older than
-- migration 20261129152000, which do not know them, may do.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2, pg_temp.id('a', 1) AS a1, pg_temp.id('a', 2) AS a2,
    pg_temp.id('a', 3) AS a3, pg_temp.id('e', 1) AS dm, pg_temp.id('e', 2) AS notes, pg_temp.id('c', 1) AS c1 \gset
SELECT set_config('app.tenant', :'t1', true) \g /dev/null

CREATE FUNCTION pg_temp.open(p_id uuid, p_kind text, p_key text, p_rest text DEFAULT 'true, NULL, ''everyone''')
RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.app(pg_temp.id('f', 1)::text, format('INSERT INTO channels (tenant_id, id, name, created_by,
	    kind, dm_key, is_private, archived_at, posting_policy) VALUES (%L, %L, %L, %L, %L, %L, %s)',
	    pg_temp.id('f', 1), p_id, 'Direct message', pg_temp.id('a', 1), p_kind, p_key, p_rest))
$$;
CREATE FUNCTION pg_temp.join(p_channel uuid, p_user uuid, p_role text, p_direct boolean) RETURNS text LANGUAGE sql AS $$
	SELECT pg_temp.app(pg_temp.id('f', 1)::text, format('INSERT INTO channel_members (tenant_id, channel_id,
	    user_id, role, is_direct) VALUES (%L, %L, %L, %L, %L)', pg_temp.id('f', 1), p_channel, p_user, p_role, p_direct))
$$;

SELECT is(pg_temp.open(:'dm', 'dm', :'a1' || ' ' || :'a2'), 'rows 1', 'a direct message');
SELECT is(pg_temp.open(:'notes', 'dm', :'a1'), 'rows 1', 'another with the same name: it has none');
SELECT matches(pg_temp.open(pg_temp.id('e', 3), 'group', :'a1' || ' ' || :'a2'), '^23505 .*channels_dm_key',
    'the same people can''t have two channels');
SELECT matches(pg_temp.open(pg_temp.id('e', 3), kind, key, rest), '^23514 .*' || broken, 'refused: ' || about)
FROM (VALUES
    ('another kind', 'feed', :'a2', 'true, NULL, ''everyone''', 'channels_kind_check'),
    ('a channel with people', 'channel', :'a2', 'true, NULL, ''everyone''', 'channels_direct_check'),
    ('a direct message without people', 'dm', NULL, 'true, NULL, ''everyone''', 'channels_direct_check'),
    ('a public direct message', 'dm', :'a2', 'false, NULL, ''everyone''', 'channels_direct_check'),
    ('an archived direct message', 'dm', :'a2', 'true, now(), ''everyone''', 'channels_direct_check'),
    ('a direct message in which only admins post', 'dm', :'a2', 'true, NULL, ''admins''', 'channels_direct_check'),
    ('ten people', 'group', repeat(:'a2' || ' ', 9) || :'a2', 'true, NULL, ''everyone''', 'channels_dm_key_check'),
    ('nobody', 'dm', '', 'true, NULL, ''everyone''', 'channels_dm_key_check'))
    AS t (about, kind, key, rest, broken);

SELECT is(pg_temp.join(:'dm', :'a1', 'member', true), 'rows 1', 'its first person is a member');
SELECT is(pg_temp.join(:'dm', :'a2', 'member', true), 'rows 1', 'its second person is a member');
SELECT matches(pg_temp.join(:'dm', :'a3', 'member', true), '^23514 ', 'another user can''t be a member');
SELECT matches(pg_temp.join(:'dm', :'a3', 'owner', false), '^23514 ', 'an older program can''t take it over');
SELECT matches(pg_temp.join(:'notes', :'a1', 'owner', true), '^23514 ', 'a direct message has no owner');
SELECT matches(pg_temp.join(:'notes', :'a1', 'member', false), '^23514 ', 'is_direct can''t be forgotten');
SELECT matches(pg_temp.app(:'t1', statement), '^23514 ', 'an older program can''t ' || about)
FROM (VALUES
    ('remove a member', format('DELETE FROM channel_members WHERE channel_id = %L AND user_id = %L', :'dm', :'a2')),
    ('make a member the owner', format('UPDATE channel_members SET role = %L WHERE channel_id = %L', 'owner', :'dm')),
    ('make it public', format('UPDATE channels SET is_private = false WHERE id = %L', :'dm')),
    ('archive it', format('UPDATE channels SET archived_at = now() WHERE id = %L', :'dm')),
    ('restrict posting', format('UPDATE channels SET posting_policy = %L WHERE id = %L', 'admins', :'dm')))
    AS t (about, statement);
SELECT is(pg_temp.app(:'t1', format('UPDATE channel_members SET hidden_seq = 3 WHERE channel_id = %L', :'dm')), 'rows 2',
    'members may hide it');
SELECT matches(pg_temp.app(:'t1', format('UPDATE channel_members SET hidden_seq = -1 WHERE channel_id = %L', :'dm')),
    '^23514 ', 'no channel is hidden at a negative number');
SELECT is(pg_temp.app(:'t1', format('DELETE FROM channel_members WHERE channel_id = %L AND user_id = %L', :'c1', :'a1')),
    'rows 1', 'members of a channel may leave');

-- the count of channels
UPDATE tenants SET channel_count = 7 WHERE id = :'t1';
SELECT is(pg_temp.app(:'t1', format('DELETE FROM channels WHERE id = %L', :'dm')), 'rows 1', 'an older program may delete it');
SELECT is(channel_count, 7, 'the count of channels does not include direct messages') FROM tenants WHERE id = :'t1';
SELECT is(pg_temp.app(:'t1', format('DELETE FROM channel_members WHERE channel_id = %L', :'dm')), 'rows 2',
    'members of a deleted direct message can be purged');
SELECT is(pg_temp.app(:'t1', format('DELETE FROM channels WHERE id = %L', :'c1')), 'rows 1', 'a channel is deleted');
SELECT is(channel_count, 6, 'the count of channels includes channels') FROM tenants WHERE id = :'t1';
SELECT * FROM finish();
ROLLBACK;
