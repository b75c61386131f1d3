-- Tenants' own issuers: keys by tenant and issuer, users by subject, key sets that are due.
\ir lib/helpers.psql
BEGIN;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2,
    pg_temp.id('a', 1) AS a1, pg_temp.id('a', 2) AS a2, pg_temp.id('b', 1) AS b1 \gset
SELECT set_config('app.tenant', :'t1', true) \g /dev/null

INSERT INTO auth_keys (tenant_id, kid, alg, issuer, secret) VALUES
    (:'t1', 'k1', 'HS256', 'app', '\x01'), (:'t2', 'k1', 'HS256', 'app', '\x02'),
    (:'t1', 'k2', 'HS256', 'https://a.test/', '\x03');
INSERT INTO auth_keys (tenant_id, kid, alg, issuer, jwks_url, jwks_tried_at)
    VALUES (:'t2', 'set', 'RS256', 'sets', 'https://x.test/', now());
INSERT INTO auth_issuers (tenant_id, issuer) VALUES (:'t1', 'https://a.test/');

SELECT results_eq(format($$ SELECT ord, tenant_id, kid, secret
    FROM es_auth_keys(ARRAY[%L, %L, NULL, NULL, %L]::uuid[],
	ARRAY['app', 'app', 'app', 'https://a.test/', 'https://a.test/']) $$, :'t1', :'t2', :'t2'),
    format($$ VALUES (1, %L::uuid, 'k1', '01'), (2, %L, 'k1', '02'), (4, %L, 'k2', '03') $$,
	:'t1', :'t2', :'t1'),
    'keys of the given tenant, or of the tenant that owns the URL');
SELECT throws_ok(format($$ INSERT INTO auth_issuers (tenant_id, issuer) VALUES (%L, 'https://a.test/') $$,
    :'t2'), '23505', NULL, 'a URL belongs to one tenant');

UPDATE users SET external_id = 'ext' WHERE tenant_id = :'t1' AND id = :'a1';
UPDATE users SET external_id = :'a1' WHERE tenant_id = :'t1' AND id = :'a2';
SELECT results_eq(format($$ SELECT ord, key_there, user_id FROM es_subjects(
    ARRAY[%1$L, %1$L, %1$L, %1$L, %1$L, %2$L]::uuid[], ARRAY['k1', 'k1', 'k1', 'k1', 'gone', 'k1'],
    (SELECT array_agg(es_ms(now()) + CASE WHEN g = 4 THEN 1 ELSE 0 END) FROM generate_series(1, 6) g),
    ARRAY['ext', %3$L, %4$L, 'ext', 'nobody', 'ext']) $$, :'t1', :'t2', :'a1', :'a2'),
    format($$ VALUES (1, true, %1$L::uuid), (2, true, %2$L), (3, true, %2$L), (4, false, %1$L),
	(5, false, NULL), (6, true, NULL) $$, :'a1', :'a2'),
    'a subject is looked up as an external id first, then as a user id; a key created at another time is unknown; no user of another tenant is found');
SELECT results_eq(format($$ SELECT ord, key_there, user_id FROM es_subjects(
    ARRAY[%1$L, %1$L, %1$L, %2$L, %1$L]::uuid[], ARRAY['k1', 'k1', 'k1', 'k1', 'gone'],
    (SELECT array_agg(es_ms(now())) FROM generate_series(1, 5) g), ARRAY[%3$L, %3$L, 'ext', '', 'ext'],
    ARRAY[%3$L, NULL, NULL, %3$L, %4$L]::uuid[]) $$, :'t1', :'t2', :'a1', :'a2'),
    format($$ VALUES (1, true, %1$L::uuid), (2, true, %2$L), (3, true, %1$L), (4, true, NULL),
	(5, false, %2$L) $$, :'a1', :'a2'),
    'a known user is looked up by its id, even when another user has this id as its external id');

SELECT results_eq(format($$ SELECT user_id FROM es_subjects(ARRAY[%1$L, %1$L]::uuid[],
    ARRAY['k1', 'k1'], ARRAY[0, 0], ARRAY[upper(%2$L), upper(%3$L)]) $$, :'t1', :'a2', :'a1'),
    format($$ VALUES (%L::uuid), (%L) $$, :'a2', :'a1'),
    'a user id in upper case finds the user; external ids are case sensitive');

SELECT results_eq($$ SELECT role FROM es_provision(gen_random_uuid(), 'new', 'New', 'n@x.test') $$,
    ARRAY['member'], 'es_provision creates a user');
SELECT results_eq($$ SELECT user_id FROM es_provision(gen_random_uuid(), 'new', 'Other', 'o@x.test') $$,
    $$ SELECT id FROM users WHERE external_id = 'new' $$, 'es_provision creates one user for an id');
SELECT results_eq($$ SELECT e.kind, e.payload ->> 'displayName' FROM channel_events e JOIN users u ON u.external_id = 'new'
    WHERE e.channel_id = e.tenant_id AND e.payload ->> 'userId' = u.id::text $$,
    $$ VALUES ('user_joined', 'New') $$, 'es_provision tells the tenant of a new user, once');
SELECT role FROM es_provision(gen_random_uuid(), 'twin', 'Twin', 'N@x.test') \g /dev/null
SELECT is(email, id || '@users.invalid', 'a user with a taken address gets an address of its own')
FROM users WHERE external_id = 'twin';

-- a deleted user: its subject finds it, and creates no new user
SELECT id AS new FROM users WHERE external_id = 'new' \gset
UPDATE users SET status = 'deactivated', deleted_at = now() WHERE id = :'new';
SELECT is(external_id, NULL, 'a deleted user has no external id') FROM users WHERE id = :'new';
SELECT results_eq(format($$ SELECT user_id FROM es_subjects(ARRAY[%L]::uuid[], ARRAY['k1'],
    ARRAY[0], ARRAY['new']) $$, :'t1'), ARRAY[:'new'::uuid], 'the subject of a deleted user finds that user');
SELECT results_eq(format($$ SELECT user_id FROM es_subjects(ARRAY[%L]::uuid[], ARRAY['k1'],
    ARRAY[0], ARRAY['new']) $$, :'t2'), ARRAY[NULL::uuid], 'the same subject in another tenant finds no user');
SELECT results_eq($$ SELECT user_id FROM es_provision(gen_random_uuid(), 'new', 'New', 'n@x.test') $$,
    ARRAY[:'new'::uuid], 'the subject of a deleted user creates no user');
SELECT results_eq(format('SELECT user_status FROM es_authenticate(%L, %L, NULL)', :'t1', :'new'),
    ARRAY['deleted'], 'es_authenticate reports the user as deleted');
SELECT results_eq(format('SELECT user_status FROM es_authenticate_many(ARRAY[%L]::uuid[], ARRAY[%L]::uuid[], ARRAY[NULL])',
    :'t1', :'new'), ARRAY['deleted'], 'es_authenticate_many reports the user as deleted');
INSERT INTO users (tenant_id, id, email, display_name, external_id)
    VALUES (:'t1', pg_temp.id('a', 9), 'next@x.test', 'Next', 'new');
SELECT results_eq($$ SELECT user_id FROM es_provision(gen_random_uuid(), 'new', 'New', 'n@x.test') $$,
    ARRAY[pg_temp.id('a', 9)], 'another user may get the external id of a deleted user');
SELECT ok(tokens_valid_after > now() - interval '1 min', 'tokens of that user from before the change are invalid')
FROM users WHERE id = pg_temp.id('a', 9);
SELECT is(isfinite(tokens_valid_after), false, 'the tokens of other users stay valid')
FROM users WHERE external_id = 'twin';
UPDATE users SET external_id = NULL WHERE id = pg_temp.id('a', 9);
SELECT results_eq($$ SELECT user_id FROM es_provision(gen_random_uuid(), 'new', 'New', 'n@x.test') $$,
    ARRAY[:'new'::uuid], 'when that user gives up the external id, the id finds the deleted user again');

SELECT is_empty($$ SELECT * FROM es_jwks_due(10) $$, 'a key set that was just fetched is not due');
SELECT is(es_jwks_want(:'t2', 'sets'), false, 'a key set can''t be asked for within a minute');
UPDATE auth_keys SET jwks_tried_at = now() - interval '61 s' WHERE kid = 'set';
SELECT is_empty($$ SELECT * FROM es_jwks_due(10) $$, 'a minute after the fetch a key set is not due unless a token asked for it');
SELECT is(es_jwks_want(:'t1', 'sets'), false, 'another tenant can''t ask for a key set');
SELECT is(es_jwks_want(:'t2', 'sets'), true, 'the tenant itself can ask for a key set');
SELECT results_eq($$ SELECT kid, url FROM es_jwks_due(10) $$, $$ VALUES ('set', 'https://x.test/') $$,
    'a key set that a token asked for is due');
SELECT is_empty($$ SELECT * FROM es_jwks_due(10) $$, 'a due key set goes to one caller');
UPDATE auth_keys SET jwks_tried_at = now() - interval '11 min' WHERE kid = 'set';
SELECT results_eq($$ SELECT kid FROM es_jwks_due(10) $$, ARRAY['set'], 'a key set is due every ten minutes');

SELECT * FROM finish();
ROLLBACK;
