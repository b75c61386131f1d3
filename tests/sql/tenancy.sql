-- A tenant can't see, change, add or probe rows of another: tested on each table with rows of
-- tenants, for each role that may use the table.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2 \gset

-- a row of each tenant in each table; both rows are alike
INSERT INTO channel_events (tenant_id, channel_id, seq, kind, actor_id) VALUES
    (:'t1', pg_temp.id('c', 1), 1, 'x', pg_temp.id('a', 1)),
    (:'t2', pg_temp.id('d', 1), 1, 'x', pg_temp.id('b', 1));
INSERT INTO messages (tenant_id, channel_id, id, sender_id, dedupe_key, request_hash,
    client_message_id, body, created_at) VALUES
    (:'t1', pg_temp.id('c', 1), 2, pg_temp.id('a', 1), pg_temp.key('k'), 'h', 'k', 'b', now()),
    (:'t2', pg_temp.id('d', 1), 2, pg_temp.id('b', 1), pg_temp.key('k'), 'h', 'k', 'b', now());
INSERT INTO refused_messages (tenant_id, channel_id, dedupe_key, sender_id, client_message_id, code) VALUES
    (:'t1', pg_temp.id('c', 1), pg_temp.key('r'), pg_temp.id('a', 1), 'r', 'forbidden'),
    (:'t2', pg_temp.id('d', 1), pg_temp.key('r'), pg_temp.id('b', 1), 'r', 'forbidden');
INSERT INTO revoked_tokens (tenant_id, jti, expires_at) VALUES (:'t1', 'j', now()), (:'t2', 'j', now());
INSERT INTO api_keys (tenant_id, id, hash, name) VALUES
    (:'t1', pg_temp.id('e', 1), sha256('1'), 'k'), (:'t2', pg_temp.id('e', 2), sha256('2'), 'k');
INSERT INTO auth_keys (tenant_id, kid, alg, secret) VALUES (:'t1', 'k', 'HS256', 's'), (:'t2', 'k', 'HS256', 's');
INSERT INTO auth_issuers (tenant_id, issuer) VALUES (:'t1', 'https://one.test/'), (:'t2', 'https://two.test/');
INSERT INTO channel_bans (tenant_id, channel_id, user_id, banned_by) VALUES
    (:'t1', pg_temp.id('c', 1), pg_temp.id('a', 2), pg_temp.id('a', 1)),
    (:'t2', pg_temp.id('d', 1), pg_temp.id('b', 1), pg_temp.id('b', 1));
INSERT INTO deleted_external_ids (tenant_id, id_hash, user_id) VALUES
    (:'t1', sha256('1'), pg_temp.id('a', 2)), (:'t2', sha256('2'), pg_temp.id('b', 1));
INSERT INTO deleted_channels (tenant_id, channel_id, deleted_by) VALUES
    (:'t1', pg_temp.id('c', 9), pg_temp.id('a', 1)), (:'t2', pg_temp.id('d', 9), pg_temp.id('b', 1));

INSERT INTO message_revisions (tenant_id, channel_id, message_id, version, body, replaced_by, replaced_at) VALUES
    (:'t1', pg_temp.id('c', 1), 2, 1, 'b', pg_temp.id('a', 1), now()),
    (:'t2', pg_temp.id('d', 1), 2, 1, 'b', pg_temp.id('b', 1), now());
INSERT INTO reactions (tenant_id, channel_id, message_id, emoji, user_id, created_at) VALUES
    (:'t1', pg_temp.id('c', 1), 2, 'a', pg_temp.id('a', 1), now()),
    (:'t2', pg_temp.id('d', 1), 2, 'a', pg_temp.id('b', 1), now());
INSERT INTO reaction_counts (tenant_id, channel_id, message_id, emoji, count, first_seq) VALUES
    (:'t1', pg_temp.id('c', 1), 2, 'a', 1, 3), (:'t2', pg_temp.id('d', 1), 2, 'a', 1, 3);
INSERT INTO change_keys (tenant_id, channel_id, dedupe_key, request_hash, message_id, seq, version, created_at) VALUES
    (:'t1', pg_temp.id('c', 1), pg_temp.key('e'), 'h', 2, 3, 2, now()),
    (:'t2', pg_temp.id('d', 1), pg_temp.key('e'), 'h', 2, 3, 2, now());

CREATE TEMP TABLE subject AS
SELECT c.relname::text AS name, k.key,
    format('%s = %L', k.key, :'t1') AS others, -- rows that tenant t2 must not reach
    (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0
	AND has_column_privilege('echostream_app', c.oid, a.attnum, 'UPDATE') LIMIT 1) AS may_update,
    has_table_privilege('echostream_app', c.oid, 'INSERT') AS may_insert,
    has_table_privilege('echostream_app', c.oid, 'DELETE') AS may_delete,
    NULL::jsonb AS sample
FROM pg_class c, LATERAL (SELECT CASE c.relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END AS key) k
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND c.relrowsecurity;
DO $$
DECLARE
	s record;
	row_ jsonb;
BEGIN
	FOR s IN SELECT * FROM subject LOOP
		EXECUTE format('SELECT to_jsonb(x) FROM %I x WHERE %s LIMIT 1', s.name, s.others) INTO row_;
		UPDATE subject SET sample = row_ WHERE name = s.name;
	END LOOP;
END
$$;
GRANT SELECT ON subject TO PUBLIC;
SELECT ok(sample IS NOT NULL, name || ' has a row of tenant t1') FROM subject ORDER BY name;

-- reading
SELECT matches(pg_temp.as_role(r, :'t2', format('SELECT FROM %I', name)), '^rows [1-9]',
    format('%s sees its tenant''s rows of %s', r, name))
FROM subject, unnest(ARRAY['echostream_app', 'echostream_owner']) r ORDER BY name, r;
SELECT is(pg_temp.as_role(r, :'t2', format('SELECT FROM %I WHERE %s', name, others)), 'rows 0',
    format('%s sees no other tenant''s row of %s', r, name))
FROM subject, unnest(ARRAY['echostream_app', 'echostream_owner']) r ORDER BY name, r;
SELECT is(pg_temp.app(pg_temp.id('f', 99)::text, format('SELECT FROM %I', name)), 'rows 0',
    'a tenant that does not exist sees nothing of ' || name) FROM subject ORDER BY name;
SELECT matches(pg_temp.as_role(r, NULL, format('SELECT FROM %I', name)), '^(22P02|42704) ',
    format('without a tenant %s can''t read %s', r, name))
FROM subject, unnest(ARRAY['echostream_app', 'echostream_owner']) r ORDER BY name, r;
SELECT matches(pg_temp.app('junk', format('SELECT FROM %I', name)), '^22P02 ',
    'a tenant that is not a UUID is an error: ' || name) FROM subject ORDER BY name;

-- changing
SELECT is(pg_temp.app(:'t2', format('UPDATE %I SET %I = %2$I WHERE %s', name, may_update, others)),
    'rows 0', 'no other tenant''s row of ' || name || ' is updated')
FROM subject WHERE may_update IS NOT NULL ORDER BY name;
SELECT is(pg_temp.app(:'t1', format('UPDATE %I SET %I = %2$I WHERE %s', name, may_update, others)) ~ '^rows [1-9]',
    true, 'the tenant''s own rows are updated: ' || name)
FROM subject WHERE may_update IS NOT NULL ORDER BY name;
SELECT matches(pg_temp.app(:'t2', format('UPDATE %I SET %I = %2$I', name, key)), '^42501 permission',
    'the application can''t move rows between tenants: ' || name) FROM subject ORDER BY name;
SELECT matches(pg_temp.as_role('echostream_owner', :'t2', format('UPDATE %I SET %I = %L', name, key, :'t1')),
    '^(42501 new row violates row-level security|23503 )', 'the owner can''t move rows between tenants either: ' || name)
FROM subject ORDER BY name;
SELECT is(pg_temp.as_role('echostream_owner', :'t2', format('DELETE FROM %I WHERE %s', name, others)),
    'rows 0', 'the owner deletes no other tenant''s row of ' || name) FROM subject ORDER BY name;
SELECT is(pg_temp.app(:'t2', format('DELETE FROM %I WHERE %s', name, others)), 'rows 0',
    'no other tenant''s row of ' || name || ' is deleted') FROM subject WHERE may_delete ORDER BY name;
SELECT matches(pg_temp.app(:'t2', format('DELETE FROM %I', name)), '^42501 permission',
    'the application deletes nothing at all from ' || name) FROM subject WHERE NOT may_delete ORDER BY name;

-- adding: the policy refuses the row before PostgreSQL checks a key, or the role may not INSERT
SELECT matches(pg_temp.app(:'t2', format('INSERT INTO %I SELECT * FROM jsonb_populate_record('
	'NULL::%1$I, (SELECT sample FROM subject WHERE name = %1$L))', name)),
    CASE WHEN may_insert THEN '^42501 new row violates row-level security' ELSE '^42501 permission' END,
    'no row is added for another tenant: ' || name) FROM subject ORDER BY name;
SELECT matches(pg_temp.as_role('echostream_owner', :'t2', format('INSERT INTO %I SELECT * FROM '
	'jsonb_populate_record(NULL::%1$I, (SELECT sample FROM subject WHERE name = %1$L))', name)),
    '^42501 new row violates row-level security', 'the owner adds no row for another tenant either: ' || name)
FROM subject ORDER BY name;

-- functions that run under the caller's tenant
SELECT is(pg_temp.app(:'t2', format('SELECT FROM es_channel_lock(%L, %L)', :'t1', pg_temp.id('c', 1))),
    'rows 0', 'another tenant''s channel can''t be locked');
SELECT is(pg_temp.app(:'t2', format('SELECT FROM es_event(%L, %L, %L, %L, %L)', :'t1',
    pg_temp.id('c', 1), 'x', pg_temp.id('b', 1), '{}')), 'rows 0', 'another tenant''s channel can''t get an event');
SELECT is(pg_temp.app(:'t2', format('SELECT FROM es_read(%L, %L, %L, 1)', :'t1',
    pg_temp.id('c', 1), pg_temp.id('a', 1))), 'rows 0', 'another tenant''s read marks can''t be moved');

SELECT * FROM finish();
ROLLBACK;
