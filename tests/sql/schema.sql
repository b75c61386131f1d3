-- Rules for all tables, checked in the catalog. They also find a new table that breaks a rule,
-- although no test names it.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();

CREATE TEMP VIEW tenant_tables AS
SELECT c.oid, c.relname, CASE c.relname WHEN 'tenants' THEN 'id' ELSE 'tenant_id' END AS key
FROM pg_class c
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
AND (c.relname = 'tenants' OR EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attname = 'tenant_id' AND NOT a.attisdropped));

SELECT set_eq('SELECT relname::text FROM tenant_tables', ARRAY['tenants', 'users', 'channels',
    'channel_heads', 'channel_members', 'messages', 'channel_events', 'refused_messages',
    'revoked_tokens', 'api_keys', 'auth_keys', 'auth_issuers', 'deleted_channels', 'channel_bans',
    'tenant_origins', 'idempotency_keys', 'deleted_external_ids', 'message_revisions', 'reactions',
    'reaction_counts', 'change_keys'], 'the tables with tenants'' rows');
SELECT set_eq($$ SELECT relname::text FROM pg_class c WHERE relnamespace = 'public'::regnamespace
    AND relkind IN ('r', 'p', 'v', 'm', 'f') AND oid NOT IN (SELECT oid FROM tenant_tables)
    AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = c.oid AND d.deptype = 'e') $$,
    ARRAY['cluster_meta', 'dead_letters', 'queue_partitions', 'schema_migrations',
    'schema_migration_meta'], 'the tables without rows of tenants');

SELECT ok(c.relrowsecurity AND c.relforcerowsecurity, t.relname || ' has forced row-level security')
FROM tenant_tables t JOIN pg_class c USING (oid) ORDER BY t.relname;
SELECT is(a.attname::text, t.key, t.relname || ': primary key starts with the tenant')
FROM tenant_tables t LEFT JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] ORDER BY t.relname;
SELECT is(format('%s %s %s | %s | %s', p.cmd, p.permissive, p.roles, p.qual, p.with_check),
    format('ALL PERMISSIVE {echostream_app,echostream_owner} | (%1$s = '
	'(current_setting(''app.tenant''::text))::uuid) | (%1$s = '
	'(current_setting(''app.tenant''::text))::uuid)', t.key),
    t.relname || ': policy own_tenant reads and writes the tenant that is set')
FROM tenant_tables t LEFT JOIN pg_policies p ON p.schemaname = 'public'
AND p.tablename = t.relname AND p.policyname = 'own_tenant' ORDER BY t.relname;
SELECT is_empty($$ SELECT i.indexrelid::regclass FROM pg_index i JOIN tenant_tables t
    ON t.oid = i.indrelid JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0]
    WHERE i.indisunique AND a.attname <> t.key
    AND i.indexrelid NOT IN ('api_keys_hash_key'::regclass, 'auth_issuers_issuer_key'::regclass) $$,
    'no unique key reveals rows of another tenant (the hash of a key is a secret, a URL is public)');

-- the policies that cross tenants
SELECT bag_eq($$ SELECT tablename || ' ' || cmd || ' ' || array_to_string(roles, ',')
    FROM pg_policies WHERE schemaname = 'public' AND policyname <> 'own_tenant' $$,
    ARRAY['api_keys SELECT es_lookup', 'auth_issuers SELECT es_lookup',
    'auth_keys SELECT es_lookup', 'auth_keys UPDATE es_lookup', 'channel_events INSERT es_batch',
    'channel_events SELECT es_batch', 'channel_events DELETE es_batch', 'channel_members DELETE es_batch',
    'channel_bans SELECT es_batch', 'channel_bans SELECT es_lookup', 'deleted_channels ALL es_batch', 'messages DELETE es_batch',
    'deleted_external_ids SELECT es_lookup',
    'channel_heads SELECT es_batch', 'channel_heads SELECT es_lookup',
    'channel_heads SELECT es_operator', 'channel_heads UPDATE es_batch',
    'channel_heads UPDATE es_operator', 'channel_members INSERT es_batch',
    'channel_members SELECT es_batch', 'channel_members SELECT es_lookup',
    'channel_members UPDATE es_batch', 'channels SELECT es_batch',
    'channels SELECT es_lookup', 'messages INSERT es_batch', 'messages UPDATE es_batch',
    'message_revisions ALL es_batch', 'reactions ALL es_batch', 'reaction_counts ALL es_batch',
    'change_keys ALL es_batch',
    'idempotency_keys DELETE es_batch', 'idempotency_keys SELECT es_batch',
    'messages SELECT es_batch', 'refused_messages ALL es_batch', 'revoked_tokens DELETE es_batch',
    'revoked_tokens SELECT es_batch', 'revoked_tokens SELECT es_lookup',
    'tenant_origins DELETE es_operator', 'tenant_origins INSERT es_operator',
    'tenant_origins SELECT es_lookup', 'tenant_origins SELECT es_operator',
    'tenants INSERT es_operator', 'tenants SELECT es_batch', 'tenants SELECT es_lookup',
    'tenants SELECT es_operator', 'tenants UPDATE es_operator', 'users INSERT es_operator',
    'users SELECT es_batch', 'users SELECT es_lookup'], 'exactly these policies cross tenants');
SELECT is_empty($$ SELECT p.tablename, p.policyname FROM pg_policies p
    WHERE p.schemaname = 'public' AND p.roles && '{public}' $$, 'no policy applies to PUBLIC');

-- columns that the documentation names
SELECT columns_are('public', 'tenants', ARRAY['id', 'name', 'created_at', 'max_channels',
    'max_messages_per_second', 'channel_count', 'acl_version', 'status', 'settings']);
SELECT columns_are('public', 'users', ARRAY['tenant_id', 'id', 'email', 'display_name', 'role',
    'status', 'tokens_valid_after', 'created_at', 'external_id', 'email_key', 'name_key', 'deleted_at',
    'read_receipts']);
SELECT columns_are('public', 'channels', ARRAY['tenant_id', 'id', 'name', 'topic', 'is_private',
    'kind', 'created_by', 'created_at', 'archived_at', 'name_key', 'posting_policy', 'dm_key']);
SELECT columns_are('public', 'channel_heads', ARRAY['tenant_id', 'channel_id', 'last_seq', 'archived']);
SELECT columns_are('public', 'channel_members', ARRAY['tenant_id', 'channel_id', 'user_id', 'role',
    'joined_at', 'last_read_at', 'last_read_seq', 'is_direct', 'hidden_seq', 'own_after_seq']);
SELECT columns_are('public', 'messages', ARRAY['tenant_id', 'channel_id', 'id', 'sender_id',
    'sender_name', 'dedupe_key', 'request_hash', 'client_message_id', 'body', 'created_at', 'edited_at',
    'deleted_at', 'version']);
SELECT columns_are('public', 'channel_events', ARRAY['tenant_id', 'channel_id', 'seq',
    'kind', 'message_id', 'actor_id', 'payload', 'created_at']);
SELECT columns_are('public', 'queue_partitions', ARRAY['partition', 'epoch', 'owner', 'until', 'done_id']);

-- keys and settings that speed and order depend on
SELECT col_is_pk('public', 'messages', ARRAY['tenant_id', 'channel_id', 'id'], 'pages of messages use the primary key');
SELECT col_is_unique('public', 'messages', ARRAY['tenant_id', 'channel_id', 'dedupe_key'], 'a repeat can''t be a second row');
SELECT col_not_null('public', 'messages', 'dedupe_key', 'dedupe_key is NOT NULL: a NULL would never collide');
SELECT ok('fillfactor=20' = ANY (reloptions), 'channel_heads has free space on its pages') FROM pg_class
WHERE oid = 'channel_heads'::regclass;
SELECT is(count(*), 1::bigint, 'channel_heads has no index but its key') FROM pg_index
WHERE indrelid = 'channel_heads'::regclass;
SELECT is_empty($$ SELECT conname FROM pg_constraint WHERE contype = 'f' AND (confrelid IN
    ('channel_heads'::regclass, 'messages'::regclass) OR conrelid IN ('channel_heads'::regclass,
    'messages'::regclass)) $$, 'no foreign key leads from or to channel_heads and messages');
SELECT is_empty($$ SELECT k.conname FROM pg_constraint k WHERE k.contype = 'f'
    AND k.connamespace = 'public'::regnamespace AND NOT EXISTS (SELECT FROM pg_index i
	WHERE i.indrelid = k.conrelid AND (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey) $$,
    'each foreign key has an index');
SELECT is_empty($$ SELECT attrelid::regclass, attname FROM pg_attribute a JOIN pg_class c
    ON c.oid = a.attrelid WHERE c.relnamespace = 'public'::regnamespace
    AND a.atttypid = 'timestamp'::regtype $$, 'no column is a timestamp without time zone');
SELECT is_empty($$ SELECT extname FROM pg_extension WHERE extname NOT IN ('plpgsql', 'pgtap', 'dblink') $$,
    'the schema has no extension but those of the tests');

SELECT * FROM finish();
ROLLBACK;
