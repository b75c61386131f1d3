-- Demo data: tenant acme has something to show, and users of tenant globex must not see it.
-- Running it again changes nothing.
--
--   psql -v ON_ERROR_STOP=1 -1 -f db/seed/demo.sql      as superuser or as echostream_owner
--
-- The rows are as the programs would have written them: numbers without holes, and keys that
-- find repeats.

-- The dedupe key of a client message id: see dedupe_key in shared/event.
CREATE FUNCTION pg_temp.seed_key(p_user uuid, p_cid text) RETURNS bytea LANGUAGE sql AS $$
	SELECT substring(sha256(convert_to(p_user::text, 'UTF8') || '\x00'::bytea || 'c'
	    || '\x00'::bytea || convert_to(p_cid, 'UTF8')) FOR 16)
$$;

-- All members but the creator join in order and take the first numbers.
CREATE FUNCTION pg_temp.seed_channel(p_tenant uuid, p_id uuid, p_name text, p_topic text,
    p_private boolean, p_members uuid[], p_age interval) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO channels (tenant_id, id, name, topic, is_private, created_by, created_at)
	VALUES (p_tenant, p_id, p_name, p_topic, p_private, p_members[1], now() - p_age)
	ON CONFLICT DO NOTHING;
	IF NOT FOUND THEN
		RETURN;
	END IF;
	UPDATE tenants SET channel_count = channel_count + 1 WHERE id = p_tenant;
	INSERT INTO channel_members (tenant_id, channel_id, user_id, role, joined_at)
	SELECT p_tenant, p_id, m.id, CASE WHEN m.n = 1 THEN 'owner' ELSE 'member' END,
	    now() - p_age + m.n * interval '1 minute'
	FROM unnest(p_members) WITH ORDINALITY AS m (id, n);
	INSERT INTO channel_events (tenant_id, channel_id, seq, kind, actor_id, payload,
	    created_at)
	SELECT p_tenant, p_id, m.n - 1, 'member_joined', m.id,
	    es_member_payload(m.id, u.display_name, 'member'),
	    now() - p_age + m.n * interval '1 minute'
	FROM unnest(p_members) WITH ORDINALITY AS m (id, n)
	JOIN users u ON u.tenant_id = p_tenant AND u.id = m.id
	WHERE m.n > 1;
	INSERT INTO channel_heads (tenant_id, channel_id, last_seq)
	VALUES (p_tenant, p_id, cardinality(p_members) - 1);
END
$$;

-- The authors take turns with the texts, at equal intervals from p_age ago until now.
CREATE FUNCTION pg_temp.seed_messages(p_tenant uuid, p_channel uuid, p_authors uuid[],
    p_texts text[], p_count integer, p_age interval) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
	head bigint;
BEGIN
	IF EXISTS (SELECT FROM messages WHERE tenant_id = p_tenant AND channel_id = p_channel) THEN
		RETURN;
	END IF;
	SELECT last_seq INTO head FROM channel_heads
	WHERE tenant_id = p_tenant AND channel_id = p_channel FOR NO KEY UPDATE;
	INSERT INTO messages (tenant_id, channel_id, id, sender_id, sender_name,
	    dedupe_key, request_hash, client_message_id, body, created_at)
	SELECT p_tenant, p_channel, head + i, m.author,
	    (SELECT display_name FROM users WHERE tenant_id = p_tenant AND id = m.author),
	    pg_temp.seed_key(m.author, 'demo-' || i),
	    substring(sha256(convert_to(m.body, 'UTF8')) FOR 16), 'demo-' || i, m.body,
	    date_trunc('milliseconds', now() - p_age
		+ p_age * ((i - 0.5) / p_count))
	FROM generate_series(1, p_count) i
	CROSS JOIN LATERAL (
		SELECT p_authors[1 + (i * 7 + i / 5) % cardinality(p_authors)] AS author,
		    p_texts[1 + (i - 1) % cardinality(p_texts)]
			|| CASE WHEN i > cardinality(p_texts) THEN ' (' || i || ')' ELSE '' END AS body
	) m;
	UPDATE channel_heads SET last_seq = head + p_count
	WHERE tenant_id = p_tenant AND channel_id = p_channel;
END
$$;

-- Both tenants allow web apps on the ports of common development servers.
-- acme has large limits, so that one user can load the whole system by hand.
SELECT set_config('app.tenant', '01900000-0000-7000-8000-000000000001', false) AS acme \gset
INSERT INTO tenants (id, name, max_channels, max_messages_per_second, settings, created_at)
VALUES (:'acme', 'acme', 1000, 20000,
    '{"demo": true, "user_send_limit": 5000, "user_send_window_s": 1, "allowed_origins": ["http://localhost:3000", "http://localhost:5173",
	"http://localhost:8000", "http://localhost:8080", "http://127.0.0.1:3000",
	"http://127.0.0.1:5173", "http://127.0.0.1:8000", "http://127.0.0.1:8080"]}',
    now() - interval '15 days')
ON CONFLICT DO NOTHING;
INSERT INTO users (tenant_id, id, email, display_name, role, status, created_at)
SELECT :'acme', u.id::uuid, u.email, u.display_name, u.role, u.status, now() - interval '15 days'
FROM (VALUES
    ('01900000-0000-7000-8000-00000000a001', 'alice@acme.test', 'Alice', 'owner', 'active'),
    ('01900000-0000-7000-8000-00000000a002', 'bob@acme.test', 'Bob', 'member', 'active'),
    ('01900000-0000-7000-8000-00000000a003', 'carol@acme.test', 'Carol', 'member', 'active'),
    ('01900000-0000-7000-8000-00000000a004', 'dave@acme.test', 'Dave', 'member', 'deactivated')
) AS u (id, email, display_name, role, status)
ON CONFLICT DO NOTHING;

SELECT pg_temp.seed_channel(:'acme', '01900000-0000-7000-8000-00000000c001', 'general',
    'What everybody should know', false, ARRAY['01900000-0000-7000-8000-00000000a001',
    '01900000-0000-7000-8000-00000000a002', '01900000-0000-7000-8000-00000000a003',
    '01900000-0000-7000-8000-00000000a004']::uuid[], interval '14 days 1 hour') \g /dev/null
SELECT pg_temp.seed_messages(:'acme', '01900000-0000-7000-8000-00000000c001',
    ARRAY['01900000-0000-7000-8000-00000000a001', '01900000-0000-7000-8000-00000000a002',
    '01900000-0000-7000-8000-00000000a003', '01900000-0000-7000-8000-00000000a004']::uuid[],
    ARRAY['Good morning!', 'Morning. Coffee is on.', 'Has anybody seen the release notes?',
    'They are on the wiki, second page.', 'Build is green again.', 'Thanks, that helps.',
    'Lunch at half past twelve?', 'I am in.', 'Can somebody review my change to the parser?',
    'Looking at it now.', 'Two remarks, otherwise fine.', 'Merged.',
    'The customer call moves to Thursday.', 'Noted.', 'Who is on duty this week?', 'I am.',
    'Disk on the build machine is at 80 %.', 'Cleaned the old artifacts, 41 % now.',
    'Demo at four, please bring questions.', 'See you tomorrow.'],
    250, interval '14 days') \g /dev/null

SELECT pg_temp.seed_channel(:'acme', '01900000-0000-7000-8000-00000000c002', 'random', '', false,
    ARRAY['01900000-0000-7000-8000-00000000a002', '01900000-0000-7000-8000-00000000a001',
    '01900000-0000-7000-8000-00000000a003']::uuid[], interval '10 days') \g /dev/null
SELECT pg_temp.seed_messages(:'acme', '01900000-0000-7000-8000-00000000c002',
    ARRAY['01900000-0000-7000-8000-00000000a002', '01900000-0000-7000-8000-00000000a001',
    '01900000-0000-7000-8000-00000000a003']::uuid[],
    ARRAY['The office plant has a name now.', 'It is Gerald.', 'Gerald needs water.', 'Done.',
    'Best sandwich in town?', 'The one by the station.'], 12, interval '9 days') \g /dev/null

SELECT pg_temp.seed_channel(:'acme', '01900000-0000-7000-8000-00000000c003', 'leadership',
    'Not for everybody', true, ARRAY['01900000-0000-7000-8000-00000000a001',
    '01900000-0000-7000-8000-00000000a003']::uuid[], interval '12 days') \g /dev/null
SELECT pg_temp.seed_messages(:'acme', '01900000-0000-7000-8000-00000000c003',
    ARRAY['01900000-0000-7000-8000-00000000a001',
    '01900000-0000-7000-8000-00000000a003']::uuid[],
    ARRAY['Numbers for the quarter are in.', 'Better than I feared.',
    'Let us tell the others on Monday.', 'Agreed.'], 8, interval '11 days') \g /dev/null

-- A message with emoji, one written from right to left, a long link, an edited and a deleted one.
UPDATE messages m SET body = s.body,
    request_hash = substring(sha256(convert_to(s.body, 'UTF8')) FOR 16)
FROM (VALUES (100, '🎉👩‍💻 Shipped! 🚀 ça marche'),
    (110, 'مرحبا بالجميع، الاجتماع عند الساعة الرابعة'),
    (120, 'https://example.test/a/very/long/path/' || repeat('segment-of-the-path/', 18)
	|| '?with=a&query=string#and-a-fragment')) AS s (n, body)
WHERE m.tenant_id = :'acme' AND m.channel_id = '01900000-0000-7000-8000-00000000c001'
AND m.client_message_id = 'demo-' || s.n AND m.body <> s.body;
UPDATE messages SET body = 'Demo at five, please bring questions. (Moved!)',
    edited_at = created_at + interval '3 minutes'
WHERE tenant_id = :'acme' AND channel_id = '01900000-0000-7000-8000-00000000c001'
AND client_message_id = 'demo-239' AND edited_at IS NULL;
UPDATE messages SET deleted_at = created_at + interval '1 minute'
WHERE tenant_id = :'acme' AND channel_id = '01900000-0000-7000-8000-00000000c001'
AND client_message_id = 'demo-233' AND deleted_at IS NULL;

-- Alice has read all messages; Bob has 40 unread ones.
UPDATE channel_members m SET last_read_seq = h.last_seq - CASE WHEN m.user_id
    = '01900000-0000-7000-8000-00000000a001' THEN 0 ELSE 40 END, last_read_at = now()
FROM channel_heads h
WHERE m.tenant_id = :'acme' AND m.channel_id = '01900000-0000-7000-8000-00000000c001'
AND m.user_id IN ('01900000-0000-7000-8000-00000000a001', '01900000-0000-7000-8000-00000000a002')
AND h.tenant_id = m.tenant_id AND h.channel_id = m.channel_id AND m.last_read_at IS NULL;

SELECT set_config('app.tenant', '01900000-0000-7000-8000-000000000002', false) AS globex \gset
INSERT INTO tenants (id, name, settings, created_at)
VALUES (:'globex', 'globex', '{"demo": true, "allowed_origins": ["http://localhost:3000", "http://localhost:5173",
	"http://localhost:8000", "http://localhost:8080", "http://127.0.0.1:3000",
	"http://127.0.0.1:5173", "http://127.0.0.1:8000", "http://127.0.0.1:8080"]}', now() - interval '8 days')
ON CONFLICT DO NOTHING;
INSERT INTO users (tenant_id, id, email, display_name, role, created_at)
VALUES (:'globex', '01900000-0000-7000-8000-00000000b001', 'gina@globex.test', 'Gina', 'owner',
    now() - interval '8 days')
ON CONFLICT DO NOTHING;
SELECT pg_temp.seed_channel(:'globex', '01900000-0000-7000-8000-00000000d001', 'general', '',
    false, ARRAY['01900000-0000-7000-8000-00000000b001']::uuid[], interval '8 days') \g /dev/null
SELECT pg_temp.seed_messages(:'globex', '01900000-0000-7000-8000-00000000d001',
    ARRAY['01900000-0000-7000-8000-00000000b001']::uuid[],
    ARRAY['Anybody here?', 'Then I talk to myself.', 'Nobody at acme can read this.'], 3,
    interval '7 days') \g /dev/null
RESET app.tenant;
