-- Each role has the ownership and the rights that it needs, and no others.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();

-- relations and functions of the schema, without the extensions of the tests
CREATE TEMP VIEW our_relations AS
SELECT c.* FROM pg_class c WHERE c.relnamespace = 'public'::regnamespace
AND c.relkind <> 'c' AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid
    AND d.deptype = 'e');
CREATE TEMP VIEW our_functions AS
SELECT p.* FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e');

SELECT ok(rolcanlogin AND NOT rolsuper AND NOT rolbypassrls AND NOT rolreplication
    AND NOT rolcreatedb AND NOT rolinherit AND rolcreaterole = (rolname = 'echostream_owner'),
    rolname || ' logs in and has no special attribute')
FROM pg_roles WHERE rolname IN ('echostream_owner', 'echostream_app') ORDER BY rolname;
SELECT ok(NOT (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb
    OR rolinherit OR rolreplication), rolname || ' can''t log in and has no right of its own')
FROM pg_roles WHERE rolname IN ('es_batch', 'es_lookup', 'es_operator') ORDER BY rolname;
SELECT is_empty($$ SELECT roleid::regrole FROM pg_auth_members WHERE member = 'echostream_app'::regrole $$,
    'the application is a member of no role');
SELECT is_empty($$ SELECT * FROM pg_auth_members WHERE member IN ('es_batch'::regrole,
    'es_lookup'::regrole, 'es_operator'::regrole) $$, 'the owners of functions are members of no role');

SELECT is_empty($$ SELECT relname, relowner::regrole FROM our_relations
    WHERE relowner <> 'echostream_owner'::regrole $$, 'the owner owns every table');
SELECT is_empty($$ SELECT oid::regprocedure FROM our_functions WHERE prosecdef <> (proowner IN
    ('es_batch'::regrole, 'es_lookup'::regrole, 'es_operator'::regrole)) $$,
    'functions that run as their owner belong to the three roles, others do not');
SELECT is_empty($$ SELECT oid::regprocedure FROM our_functions WHERE prosecdef
    AND NOT proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'] $$,
    'each function that runs as its owner has a fixed search_path');
SELECT is_empty($$ SELECT p.oid::regprocedure FROM our_functions p,
    aclexplode(COALESCE(p.proacl, acldefault('f', p.proowner))) a WHERE a.grantee = 0 $$,
    'PUBLIC may execute no function');
SELECT is_empty($$ SELECT c.relname FROM our_relations c, aclexplode(c.relacl) a WHERE a.grantee = 0 $$,
    'PUBLIC has no right on a table');
SELECT ok(NOT has_schema_privilege(r, 'public', 'CREATE'), r || ' can create nothing in the schema')
FROM unnest(ARRAY['echostream_app', 'es_batch', 'es_lookup', 'es_operator']) r;
SELECT ok(NOT has_database_privilege('echostream_app', current_database(), p),
    'the application has no ' || p || ' on the database')
FROM unnest(ARRAY['CREATE', 'TEMPORARY']) p;

SELECT set_eq($$ SELECT oid::regproc::text FROM our_functions
    WHERE NOT has_function_privilege('echostream_app', oid, 'EXECUTE') $$,
    ARRAY['es_fence', 'es_origins_follow', 'es_origins_of', 'es_recovered', 'es_users_keys',
    'es_channels_keys', 'es_count_channels', 'es_hold_external_id', 'es_renew_external_id',
    'es_users_cutoff', 'es_change', 'es_change_reactions', 'es_change_counts', 'es_change_tombstone',
    'es_change_refuse', 'es_change_refusal', 'es_direct_members'],
    'the application may call all functions except these');
SELECT ok(has_function_privilege('echostream_owner', 'es_recovered()', 'EXECUTE'),
    'the owner may call es_recovered');

-- the application's rights: a privilege on a table, or with a list of columns
SELECT bag_eq($$
    SELECT relname::text || ' ' || string_agg(right_, ' ' ORDER BY right_ COLLATE "C") FROM (
	SELECT c.relname, p || CASE WHEN has_table_privilege('echostream_app', c.oid, p) THEN '' ELSE
	    '(' || (SELECT string_agg(attname, ',' ORDER BY attnum) FROM pg_attribute a
		WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		AND has_column_privilege('echostream_app', c.oid, a.attnum, p)) || ')' END AS right_
	FROM our_relations c, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'REFERENCES']) p
	WHERE c.relkind IN ('r', 'p') AND has_any_column_privilege('echostream_app', c.oid, p)
	UNION ALL
	SELECT c.relname, p FROM our_relations c, unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) p
	WHERE c.relkind IN ('r', 'p') AND has_table_privilege('echostream_app', c.oid, p)) r
    GROUP BY relname $$, ARRAY[
    'api_keys DELETE INSERT SELECT UPDATE(name,revoked_at,last_used_at)',
    'auth_issuers DELETE INSERT SELECT',
    'auth_keys DELETE INSERT SELECT UPDATE(revoked_at,jwks,jwks_fetched_at,jwks_tried_at,jwks_error)',
    'change_keys SELECT',
    'channel_bans DELETE INSERT SELECT',
    'channel_events INSERT SELECT',
    'channel_heads DELETE INSERT SELECT UPDATE(last_seq,archived)',
    'channel_members DELETE INSERT SELECT UPDATE(role,last_read_at,last_read_seq,hidden_seq,own_after_seq)',
    'channels DELETE INSERT SELECT UPDATE(name,topic,is_private,archived_at,name_key,posting_policy)',
    'cluster_meta SELECT',
    'deleted_channels INSERT SELECT',
    'deleted_external_ids INSERT SELECT UPDATE(user_id)',
    'idempotency_keys INSERT SELECT UPDATE(request_hash,resource_id,created_at)',
    'message_revisions SELECT',
    'reaction_counts SELECT',
    'reactions SELECT',
    'messages SELECT UPDATE(body,edited_at,deleted_at)',
    'refused_messages SELECT',
    'revoked_tokens INSERT SELECT UPDATE(expires_at,spares_owners)',
    'schema_migrations SELECT',
    'tenant_origins SELECT',
    'tenants SELECT UPDATE(channel_count,acl_version)',
    'users INSERT SELECT UPDATE(email,display_name,role,status,tokens_valid_after,external_id,'
        'email_key,name_key,deleted_at,read_receipts)'],
    'the application''s rights on tables');

-- statements that must be refused
SELECT matches(pg_temp.app(NULL, statement), '^42501 ', 'refused: ' || statement)
FROM unnest(ARRAY['CREATE TABLE public.t (a int)', 'CREATE TEMP TABLE t (a int)',
    'CREATE SCHEMA s', 'CREATE ROLE r', 'DROP TABLE messages', 'TRUNCATE messages',
    'ALTER TABLE messages DISABLE ROW LEVEL SECURITY', 'DROP POLICY own_tenant ON messages',
    'CREATE FUNCTION public.f() RETURNS int LANGUAGE sql AS ''SELECT 1''',
    'ALTER FUNCTION es_epoch() RENAME TO x', 'SET ROLE es_batch', 'SET ROLE echostream_owner',
    'SET SESSION AUTHORIZATION postgres', 'SELECT * FROM dead_letters',
    'SELECT * FROM queue_partitions', 'UPDATE cluster_meta SET epoch = gen_random_uuid()',
    'INSERT INTO queue_partitions DEFAULT VALUES', 'SELECT es_recovered()',
    'COPY tenants TO PROGRAM ''true''']) statement
WHERE statement NOT LIKE 'SET ROLE%' AND statement NOT LIKE 'SET SESSION%';
-- SET ROLE checks the session's user; the session of this test is a superuser's
SELECT ok(NOT pg_has_role('echostream_app', r, 'MEMBER'), 'the application can''t become ' || r)
FROM unnest(ARRAY['es_batch', 'es_lookup', 'es_operator', 'echostream_owner']) r;

SELECT * FROM finish();
ROLLBACK;
