-- Commits a batch of messages. The arrays are parallel, one element for each message, in
-- the order of the queue. Returns the outcome of each message, in the same order; the
-- `member_joined` event that a message caused comes right before it. db/README.md lists
-- the outcomes. Crosses tenants.
--
-- p_partitions  the partitions of the queue that the messages come from; NULL for a queue
--               without partitions. Raises ES001 and commits nothing when one of them is
--               not held in its epoch, the element of p_epochs.
-- p_done_ids    for each partition the position in its stream to store with the batch;
--               a NULL element stores none
-- p_key         dedupe keys of 16 bytes; p_hash: hashes of the requests' contents
-- p_envelope    the envelope that each message came in; NULL from a fanout older than
--               migration 20261128020000
--
-- Order of locks: the rows of the partitions by number, then the heads ordered by
-- (tenant, channel), then all others. All transactions that change the outcome of a send (archiving, members)
-- lock the head as well. So what this function reads after the lock stays true until the
-- commit.
--
-- Each look-up uses an index, however many rows the tables have, and the connection
-- keeps one generic plan for its whole life.
--
-- Callers: fanout, through shared/store/batch_store.c, and es_batch().

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_batch_many(p_partitions integer[], p_epochs bigint[],
    p_done_ids text[], p_tenant uuid[], p_channel uuid[], p_sender uuid[], p_key bytea[],
    p_hash bytea[], p_cid text[], p_body text[], p_envelope uuid[])
RETURNS TABLE (ord integer, outcome text, code text, seq bigint, created_ms bigint,
    body text, edited_ms bigint, deleted boolean, sender_name text,
    payload jsonb, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
	plain_limit CONSTANT integer := 500; -- messages; beyond it the look-up of heads costs too much
	head_tenant uuid[];
	head_channel uuid[];
	head_seq bigint[];
	head_archived boolean[];
	moment timestamptz;
	-- for a batch of plain messages:
	all_plain boolean := false;
	names text[]; -- of the senders
	seqs bigint[];
	head integer; -- the position of a channel in the arrays above
BEGIN
	PERFORM es_fence(p_partitions, p_epochs, p_done_ids);

	SELECT array_agg(l.tenant_id), array_agg(l.channel_id), array_agg(l.last_seq),
	    array_agg(l.archived)
	INTO head_tenant, head_channel, head_seq, head_archived
	FROM (SELECT h.tenant_id, h.channel_id, h.last_seq, h.archived
		FROM (SELECT DISTINCT u.tenant_id, u.channel_id
			FROM unnest(p_tenant, p_channel) AS u (tenant_id, channel_id)
			ORDER BY 1, 2) d
		CROSS JOIN LATERAL (SELECT h.* FROM channel_heads h
			WHERE h.tenant_id = d.tenant_id AND h.channel_id = d.channel_id
			FOR NO KEY UPDATE) h) l;

	moment := date_trunc('milliseconds', clock_timestamp());

	-- Most batches have only plain messages: new ones of members who may post, in channels
	-- that are not archived. They skip the general statement below, whose large plan costs
	-- more to start and to run. Each statement takes its snapshot after the locks, so what
	-- it reads stays true.
	IF cardinality(p_tenant) <= plain_limit AND NOT true = ANY (head_archived) THEN
		-- Channels of two tenants may have one id; the loop below looks heads up by it.
		-- Without ORDER BY, PostgreSQL 16 gives array_agg() the order of a DISTINCT beside it.
		SELECT array_agg(k.display_name ORDER BY k.ord),
		    count(DISTINCT k.dedupe_key) = cardinality(p_tenant)
		    AND count(DISTINCT k.channel_id) = cardinality(head_channel)
		INTO names, all_plain
		FROM (SELECT e.dedupe_key, e.channel_id, u.display_name, e.ord
			FROM unnest(p_tenant, p_channel, p_sender, p_key, p_envelope)
			    WITH ORDINALITY AS e (tenant_id, channel_id, sender_id, dedupe_key,
			    envelope_id, ord)
			CROSS JOIN LATERAL (SELECT FROM tenants t
				WHERE t.id = e.tenant_id AND t.status = 'active' LIMIT 1) t
			CROSS JOIN LATERAL (SELECT u.display_name, u.role FROM users u
				WHERE u.tenant_id = e.tenant_id AND u.id = e.sender_id
				AND u.status = 'active' LIMIT 1) u
			CROSS JOIN LATERAL (SELECT c.posting_policy FROM channels c
				WHERE c.tenant_id = e.tenant_id AND c.id = e.channel_id LIMIT 1) c
			CROSS JOIN LATERAL (SELECT m.role FROM channel_members m
				WHERE m.tenant_id = e.tenant_id AND m.channel_id = e.channel_id
				AND m.user_id = e.sender_id LIMIT 1) r
			LEFT JOIN LATERAL (SELECT true AS found FROM messages m
				WHERE m.tenant_id = e.tenant_id AND m.channel_id = e.channel_id
				AND m.dedupe_key = e.dedupe_key LIMIT 1) m ON true
			LEFT JOIN LATERAL (SELECT true AS found FROM refused_messages f
				WHERE f.tenant_id = e.tenant_id AND f.channel_id = e.channel_id
				AND f.dedupe_key = e.dedupe_key AND f.envelope_id = e.envelope_id
				LIMIT 1) f ON true
			WHERE m.found IS NULL AND f.found IS NULL AND (c.posting_policy <> 'admins'
			    OR r.role <> 'member' OR u.role IN ('owner', 'admin'))) k;
	END IF;

	IF all_plain THEN
		outcome := 'committed';
		code := 'ok';
		created_ms := es_ms(moment);
		deleted := false;
		FOR i IN 1 .. cardinality(names) LOOP
			head := array_position(head_channel, p_channel[i]);
			seq := head_seq[head] + 1;
			head_seq[head] := seq;
			seqs[i] := seq;
			ord := i;
			sender_name := names[i];
			RETURN NEXT;
		END LOOP;
		INSERT INTO messages (tenant_id, channel_id, id, sender_id, sender_name,
		    dedupe_key, request_hash, client_message_id, body, created_at)
		SELECT e.*, moment
		FROM unnest(p_tenant, p_channel, seqs, p_sender, names, p_key, p_hash, p_cid,
		    p_body) AS e (tenant_id, channel_id, seq)
		ORDER BY e.tenant_id, e.channel_id, e.seq;
		UPDATE channel_heads h SET last_seq = n.last_seq
		FROM unnest(head_tenant, head_channel, head_seq)
		    AS n (tenant_id, channel_id, last_seq)
		WHERE h.tenant_id = n.tenant_id AND h.channel_id = n.channel_id;
		RETURN;
	END IF;

	RETURN QUERY
	WITH entry AS MATERIALIZED (
		SELECT u.tenant_id, u.channel_id, u.sender_id, u.dedupe_key, u.request_hash,
		    u.cid, u.body, u.envelope_id, u.ord
		FROM unnest(p_tenant, p_channel, p_sender, p_key, p_hash, p_cid, p_body,
		    p_envelope)
		    WITH ORDINALITY AS u (tenant_id, channel_id, sender_id, dedupe_key,
		    request_hash, cid, body, envelope_id, ord)
	), head AS MATERIALIZED (
		SELECT * FROM unnest(head_tenant, head_channel, head_seq, head_archived)
		    AS h (tenant_id, channel_id, last_seq, archived)
	), party AS MATERIALIZED ( -- each sender in each channel, once
		SELECT p.tenant_id, p.channel_id, p.sender_id, h.last_seq, u.display_name,
		    NOT m.is_member AS joins,
		    CASE WHEN t.status IS NULL OR u.status IS NULL THEN 'not_found'
			WHEN t.status <> 'active' THEN 'tenant_suspended'
			WHEN u.status <> 'active' THEN 'forbidden'
			WHEN h.last_seq IS NULL OR c.is_private IS NULL
			    OR (NOT m.is_member AND (c.is_private OR b.banned OR u.role = 'guest'))
				THEN 'not_found'
			WHEN h.archived THEN 'channel_archived'
			WHEN c.posting_policy = 'admins' AND NOT m.is_admin
			    AND u.role NOT IN ('owner', 'admin')
				THEN 'forbidden' END AS refusal
		FROM (SELECT DISTINCT e.tenant_id, e.channel_id, e.sender_id FROM entry e) p
		LEFT JOIN head h USING (tenant_id, channel_id)
		LEFT JOIN LATERAL (SELECT t.status FROM tenants t
			WHERE t.id = p.tenant_id LIMIT 1) t ON true
		LEFT JOIN LATERAL (SELECT u.status, u.display_name, u.role FROM users u
			WHERE u.tenant_id = p.tenant_id AND u.id = p.sender_id LIMIT 1) u ON true
		LEFT JOIN LATERAL (SELECT c.is_private, c.posting_policy FROM channels c
			WHERE c.tenant_id = p.tenant_id AND c.id = p.channel_id LIMIT 1) c ON true
		CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_member,
			COALESCE(bool_or(m.role <> 'member'), false) AS is_admin
			FROM channel_members m
			WHERE m.tenant_id = p.tenant_id AND m.channel_id = p.channel_id
			AND m.user_id = p.sender_id) m
		CROSS JOIN LATERAL (SELECT EXISTS (SELECT FROM channel_bans b
			WHERE NOT m.is_member
			AND b.tenant_id = p.tenant_id AND b.channel_id = p.channel_id
			AND b.user_id = p.sender_id) AS banned) b
	), known AS MATERIALIZED (
		SELECT e.*, p.last_seq, p.display_name, p.joins,
		    COALESCE(f.code, p.refusal) AS refusal,
		    m.id AS old_id, m.sender_name AS old_name, m.request_hash AS old_hash,
		    m.body AS old_body, m.created_at AS old_created_at, m.edited_at, m.deleted_at,
		    m.version AS old_version,
		    m.id IS NULL AND f.code IS NULL AND p.refusal IS NULL AS fresh
		FROM entry e JOIN party p USING (tenant_id, channel_id, sender_id)
		LEFT JOIN LATERAL (SELECT m.id, m.sender_name, m.request_hash, m.body, m.created_at,
			m.edited_at, m.deleted_at, m.version FROM messages m
			WHERE m.tenant_id = e.tenant_id AND m.channel_id = e.channel_id
			AND m.dedupe_key = e.dedupe_key
			-- Messages of a deleted channel stay until es_purge_channels; ignore them.
			AND p.last_seq IS NOT NULL LIMIT 1) m ON true
		-- A refusal of the same envelope: the queue delivers the entry again, and the
		-- sender already knows the refusal.
		LEFT JOIN LATERAL (SELECT f.code FROM refused_messages f
			WHERE f.tenant_id = e.tenant_id AND f.channel_id = e.channel_id
			AND f.dedupe_key = e.dedupe_key AND f.envelope_id = e.envelope_id
			LIMIT 1) f ON true
	), ranked AS ( -- of equal keys in one batch only the first is committed
		SELECT k.*, k.fresh AND row_number() OVER same = 1 AS wins,
		    first_value(k.request_hash) OVER same AS first_hash
		FROM known k
		WINDOW same AS (PARTITION BY k.tenant_id, k.channel_id, k.dedupe_key, k.fresh
			ORDER BY k.ord)
	), stepped AS ( -- the first message of a non-member takes two numbers: join, message
		SELECT r.*, r.joins AND r.wins AND row_number() OVER (PARTITION BY r.tenant_id,
			r.channel_id, r.sender_id, r.wins ORDER BY r.ord) = 1 AS joins_here
		FROM ranked r
	), numbered AS MATERIALIZED (
		SELECT s.*, s.last_seq + (sum(s.wins::int + s.joins_here::int) OVER (
			PARTITION BY s.tenant_id, s.channel_id ORDER BY s.ord))::bigint AS seq
		FROM stepped s
	), judged AS MATERIALIZED (
		SELECT n.*, CASE WHEN n.wins THEN 'committed'
			WHEN n.request_hash = n.old_hash THEN 'repeat'
			WHEN n.fresh AND n.request_hash = n.first_hash THEN 'repeat'
			ELSE 'refused' END AS outcome,
		    first_value(n.seq) OVER same AS first_seq
		FROM numbered n
		WINDOW same AS (PARTITION BY n.tenant_id, n.channel_id, n.dedupe_key, n.fresh
			ORDER BY n.ord)
	), new_members AS (
		INSERT INTO channel_members (tenant_id, channel_id, user_id, joined_at,
		    last_read_at, last_read_seq)
		SELECT j.tenant_id, j.channel_id, j.sender_id, moment, moment, j.seq
		FROM judged j WHERE j.joins_here
		ON CONFLICT DO NOTHING
	), new_events AS (
		INSERT INTO channel_events (tenant_id, channel_id, seq, kind, actor_id,
		    payload, created_at)
		SELECT j.tenant_id, j.channel_id, j.seq - 1, 'member_joined',
		    j.sender_id, es_member_payload(j.sender_id, j.display_name, 'member'), moment
		FROM judged j WHERE j.joins_here
	), new_messages AS (
		INSERT INTO messages (tenant_id, channel_id, id, sender_id, sender_name,
		    dedupe_key, request_hash, client_message_id, body, created_at)
		SELECT j.tenant_id, j.channel_id, j.seq, j.sender_id, j.display_name,
		    j.dedupe_key, j.request_hash, j.cid, j.body, moment
		FROM judged j WHERE j.wins ORDER BY j.tenant_id, j.channel_id, j.seq
	), new_heads AS (
		UPDATE channel_heads h SET last_seq = s.seq
		FROM (SELECT j.tenant_id, j.channel_id, max(j.seq) AS seq
			FROM judged j WHERE j.wins GROUP BY 1, 2) s
		WHERE h.tenant_id = s.tenant_id AND h.channel_id = s.channel_id
	), new_refusals AS ( -- not for a reused key: the message that has the key is the answer
		INSERT INTO refused_messages AS r (tenant_id, channel_id, dedupe_key, sender_id,
		    client_message_id, code, created_at, envelope_id)
		SELECT DISTINCT ON (j.tenant_id, j.channel_id, j.dedupe_key, j.envelope_id)
		    j.tenant_id, j.channel_id, j.dedupe_key, j.sender_id, j.cid, j.refusal, moment,
		    COALESCE(j.envelope_id, '00000000-0000-0000-0000-000000000000')
		FROM judged j WHERE j.outcome = 'refused' AND j.old_id IS NULL AND NOT j.fresh
		ORDER BY j.tenant_id, j.channel_id, j.dedupe_key, j.envelope_id
		ON CONFLICT ON CONSTRAINT refused_messages_pkey DO UPDATE
		SET code = excluded.code, created_at = excluded.created_at,
		    -- A fanout older than 20261128020000 sends no envelope: this may be another delivery.
		    superseded = r.superseded AND r.envelope_id <> '00000000-0000-0000-0000-000000000000'
	)
	SELECT r.ord, r.outcome, r.code, r.seq, r.created_ms, r.body, r.edited_ms, r.deleted,
	    r.sender_name, r.payload, r.version
	FROM (SELECT j.ord::integer, 'event' AS outcome, 'member_joined' AS code,
		    j.seq - 1 AS seq, es_ms(moment) AS created_ms,
		    NULL AS body, NULL::bigint AS edited_ms, false AS deleted,
		    j.display_name AS sender_name,
		    es_member_payload(j.sender_id, j.display_name, 'member') AS payload,
		    NULL::integer AS version
		FROM judged j WHERE j.joins_here
		UNION ALL
		SELECT j.ord::integer, j.outcome, CASE WHEN j.outcome <> 'refused' THEN 'ok'
			WHEN j.old_id IS NULL AND NOT j.fresh THEN j.refusal
			ELSE 'idempotency_key_reused' END,
		    CASE WHEN j.outcome <> 'refused' THEN COALESCE(j.old_id, j.first_seq) END,
		    CASE WHEN j.outcome <> 'refused'
			THEN es_ms(COALESCE(j.old_created_at, moment)) END,
		    CASE WHEN j.outcome <> 'repeat' OR j.deleted_at IS NOT NULL THEN NULL
			ELSE COALESCE(j.old_body, j.body) END,
		    CASE WHEN j.outcome = 'repeat' THEN es_ms(j.edited_at) END,
		    j.outcome = 'repeat' AND j.deleted_at IS NOT NULL,
		    COALESCE(j.old_name, j.display_name), NULL, j.old_version
		FROM judged j) r
	ORDER BY r.ord, r.outcome <> 'event';
END
$$;

REVOKE EXECUTE ON FUNCTION es_batch_many FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_batch_many TO echostream_app;
RESET ROLE;
