-- Fills the database for the suite `plans` with generate_series: one tenant with 10,000 users,
-- 10,000 channels (the newer half is private) and 1,000,000 messages, half of them in channel 1,
-- of which all users are members. There are 1,999 small tenants, too.
--
-- pg_temp.n(kind, i) is the id of row i of that kind. User 1 owns the tenant, user 2 is its
-- bot, user 9,998 a member of all public channels, user 9,999 a member of five channels and of 5,000
-- direct messages, half of them hidden, user 10,000 a guest that is a member of channel 1 only.
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET client_min_messages = warning;
SET maintenance_work_mem = '256MB';

CREATE FUNCTION pg_temp.n(p_kind integer, p_i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
	$$ SELECT (lpad(p_kind::text, 8, '0') || '-0000-7000-8000-' || lpad(p_i::text, 12, '0'))::uuid $$;

-- Create the index of this constraint after the rows: three times faster than before them.
ALTER TABLE messages DROP CONSTRAINT messages_dedupe_key;

INSERT INTO tenants (id, name, max_channels)
SELECT pg_temp.n(1, i), 'tenant ' || i, NULL FROM generate_series(1, 2000) i;
INSERT INTO users (tenant_id, id, email, display_name, role, email_key, name_key, external_id)
SELECT pg_temp.n(1, 1), pg_temp.n(2, i), 'u' || i || '@example.org', 'User ' || i,
    CASE i WHEN 1 THEN 'owner' WHEN 2 THEN 'bot' WHEN 10000 THEN 'guest' ELSE 'member' END,
    'u' || i || '@example.org', 'user ' || i, 'x' || i
FROM generate_series(1, 10000) i;
INSERT INTO users (tenant_id, id, email, display_name, role, email_key, name_key)
SELECT pg_temp.n(1, i), pg_temp.n(2, 1), 'o@example.org', 'Owner', 'owner', 'o@example.org',
    'owner'
FROM generate_series(2, 2000) i;

-- The newest channels are private channels of other users: a list must not read them.
INSERT INTO channels (tenant_id, id, name, created_by, name_key, is_private)
SELECT pg_temp.n(1, 1), pg_temp.n(3, i), 'channel ' || i, pg_temp.n(2, 3 + i % 5000),
    'channel ' || i, i > 5000
FROM generate_series(1, 10000) i;
INSERT INTO channel_heads (tenant_id, channel_id, last_seq)
SELECT pg_temp.n(1, 1), pg_temp.n(3, i), CASE i WHEN 1 THEN 500000 ELSE 50 END
FROM generate_series(1, 10000) i;
INSERT INTO channel_members (tenant_id, channel_id, user_id, role)
SELECT pg_temp.n(1, 1), pg_temp.n(3, i), pg_temp.n(2, 3 + i % 5000), 'owner'
FROM generate_series(1, 10000) i
UNION ALL
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), pg_temp.n(2, i), 'member'
FROM generate_series(1, 10000) i WHERE i <> 4
UNION ALL
SELECT pg_temp.n(1, 1), pg_temp.n(3, i * 2000), pg_temp.n(2, 9999), 'member'
FROM generate_series(1, 4) i;

INSERT INTO channels (tenant_id, id, name, created_by, name_key, is_private, kind, dm_key)
SELECT pg_temp.n(1, 1), pg_temp.n(7, i), 'Direct message', pg_temp.n(2, 9999), 'Direct message', true,
    'dm', pg_temp.n(2, i) || ' ' || pg_temp.n(2, 9999)
FROM generate_series(3, 5002) i;
INSERT INTO channel_heads (tenant_id, channel_id)
SELECT pg_temp.n(1, 1), pg_temp.n(7, i) FROM generate_series(3, 5002) i;
INSERT INTO channel_members (tenant_id, channel_id, user_id, is_direct, hidden_seq)
SELECT pg_temp.n(1, 1), pg_temp.n(7, i), pg_temp.n(2, who), true, CASE WHEN i % 2 = 0 THEN 0 END
FROM generate_series(3, 5002) i, unnest(ARRAY[i, 9999]) who;
-- User 9,998 has read a part of each public channel.
INSERT INTO channel_members (tenant_id, channel_id, user_id, role, last_read_seq)
SELECT pg_temp.n(1, 1), pg_temp.n(3, i), pg_temp.n(2, 9998), 'member', 50 - i % 5
FROM generate_series(2, 5000) i;
UPDATE channel_members SET last_read_seq = 510000
WHERE channel_id = pg_temp.n(3, 1) AND user_id = pg_temp.n(2, 9998);

INSERT INTO messages (tenant_id, channel_id, id, sender_id, dedupe_key, request_hash,
    client_message_id, body, created_at)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), i, pg_temp.n(2, 1 + i % 10000),
    decode(lpad(to_hex(i), 32, '0'), 'hex'), '\x00', 'c' || i, 'body ' || i, now()
FROM generate_series(1, 500000) i;
INSERT INTO messages (tenant_id, channel_id, id, sender_id, dedupe_key, request_hash,
    client_message_id, body, created_at)
SELECT pg_temp.n(1, 1), pg_temp.n(3, c), i, pg_temp.n(2, 1 + i % 10000),
    decode(lpad(to_hex(i), 32, '0'), 'hex'), '\x00', 'c' || i, 'body ' || i, now()
FROM generate_series(2, 10000) c, generate_series(1, 50) i;
ALTER TABLE messages ADD CONSTRAINT messages_dedupe_key
	UNIQUE (tenant_id, channel_id, dedupe_key);

-- Five emoji on each message of channel 1. All users have reacted to message 400,000; message 400,010 was
-- edited 10,000 times.
INSERT INTO reaction_counts (tenant_id, channel_id, message_id, emoji, count, first_seq)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), i, e, 1, 500000
FROM generate_series(1, 500000) i, unnest('{a,b,c,d,e}'::text[]) e;
INSERT INTO reactions (tenant_id, channel_id, message_id, emoji, user_id, created_at)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), i, e, pg_temp.n(2, 3), now()
FROM generate_series(1, 500000) i, unnest('{a,b}'::text[]) e
UNION ALL
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), 400000, 'c', pg_temp.n(2, i), now()
FROM generate_series(1, 10000) i;
INSERT INTO message_revisions (tenant_id, channel_id, message_id, version, body, replaced_by,
    replaced_at)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), 400010, i, 'old ' || i, pg_temp.n(2, 1), now()
FROM generate_series(1, 10000) i;
INSERT INTO change_keys (tenant_id, channel_id, dedupe_key, request_hash, message_id, seq, version,
    created_at)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), decode(lpad(to_hex(3000000 + i), 32, '0'), 'hex'), '\x00',
    400000, i, 1, now()
FROM generate_series(1, 20000) i;

INSERT INTO channel_events (tenant_id, channel_id, seq, kind, actor_id)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), 500000 + i, 'member_joined', pg_temp.n(2, 1)
FROM generate_series(1, 10000) i WHERE i % 2 = 0;
INSERT INTO channel_events (tenant_id, channel_id, seq, kind, message_id, actor_id)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), 500000 + i, 'message_updated', i, pg_temp.n(2, 1)
FROM generate_series(1, 10000) i WHERE i % 2 = 1;
UPDATE channel_heads SET last_seq = 510000
WHERE tenant_id = pg_temp.n(1, 1) AND channel_id = pg_temp.n(3, 1);
INSERT INTO channel_bans (tenant_id, channel_id, user_id, banned_by)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 2), pg_temp.n(2, i), pg_temp.n(2, 1)
FROM generate_series(100, 5000) i
UNION ALL
SELECT pg_temp.n(1, 1), pg_temp.n(3, i), pg_temp.n(2, 5000 + i % 4000), pg_temp.n(2, 1)
FROM generate_series(1001, 9000) i;
INSERT INTO refused_messages (tenant_id, channel_id, dedupe_key, sender_id,
    client_message_id, code, envelope_id)
SELECT pg_temp.n(1, 1), pg_temp.n(3, 1), decode(lpad(to_hex(1000000 + i), 32, '0'), 'hex'),
    pg_temp.n(2, 3), 'r' || i, 'forbidden', pg_temp.n(4, i)
FROM generate_series(1, 20000) i;
INSERT INTO revoked_tokens (tenant_id, jti, user_id, expires_at)
SELECT pg_temp.n(1, 1), 'jti' || i, pg_temp.n(2, 1 + i % 10000), now() + interval '1 hour'
FROM generate_series(1, 50000) i;
INSERT INTO idempotency_keys (tenant_id, actor, route, key, request_hash, resource_id)
SELECT pg_temp.n(1, 1), 'user', 'POST /channels', 'k' || i, sha256('x'), pg_temp.n(5, i)
FROM generate_series(1, 20000) i;
INSERT INTO api_keys (tenant_id, id, hash, name, scopes)
SELECT pg_temp.n(1, 1 + i % 2000), pg_temp.n(6, i), sha256(i::text::bytea), 'key', '{}'
FROM generate_series(1, 10000) i;
INSERT INTO auth_issuers (tenant_id, issuer)
SELECT pg_temp.n(1, i), 'https://issuer' || i || '.example' FROM generate_series(1, 2000) i;
INSERT INTO auth_keys (tenant_id, kid, alg, issuer, secret)
SELECT pg_temp.n(1, i), 'kid', 'HS256', 'https://issuer' || i || '.example', sha256('x')
FROM generate_series(1, 2000) i;
INSERT INTO tenant_origins (tenant_id, origin)
SELECT pg_temp.n(1, 1 + i % 2000), 'https://o' || i || '.example'
FROM generate_series(1, 20000) i ON CONFLICT DO NOTHING;
INSERT INTO dead_letters (source, source_id, reason, entry)
SELECT 'redis', 'es:' || i || '-0', 'no message', '\x00' FROM generate_series(1, 10000) i;
VACUUM ANALYZE;
