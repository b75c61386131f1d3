-- Commits reactions to one message, in the order of the arrays. Returns the events, then one
-- outcome for each element, as es_batch_ops() describes them. The caller holds the lock of
-- the channel's head.
--
-- All reactions of the call are one event, so that ten thousand clicks within a second are
-- a few events. The event has the counts of the emoji after the call. It lists the first
-- 20 changes, and in `more` how many there were beyond: each subscriber receives it.
--
-- p_ords    returned with the outcomes
-- p_add     true: the user reacts; false: the user takes the reaction back. The last
--           element of a user and emoji counts. An element that changes nothing is a repeat.
--
-- Caller: es_batch_ops(). Runs as its owner.

CREATE OR REPLACE FUNCTION es_change_reactions(p_tenant uuid, p_channel uuid, p_target bigint,
    p_ords integer[], p_sender uuid[], p_key bytea[], p_cid text[], p_envelope uuid[],
    p_add boolean[], p_emoji text[], p_moment timestamptz)
RETURNS TABLE (ord integer, outcome text, code text, seq bigint, created_ms bigint,
    payload jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
	distinct_max CONSTANT integer := 50; -- emoji of one message
	listed_max CONSTANT integer := 20; -- changes that the event lists
	refusals text[];
	known text[]; -- the emoji of the message
	users uuid[]; -- the effective changes
	emojis text[];
	added boolean[];
	new_seq bigint;
BEGIN
	SELECT array_agg(COALESCE(f.code, es_change_refusal(p_tenant, p_channel, e.sender,
	    CASE WHEN e.add THEN 'react' ELSE 'unreact' END, p_target, NULL)) ORDER BY e.i)
	INTO refusals
	FROM unnest(p_sender, p_add, p_key, p_envelope) WITH ORDINALITY
	    AS e (sender, add, key, envelope, i)
	LEFT JOIN refused_messages f ON f.tenant_id = p_tenant AND f.channel_id = p_channel
	    AND f.dedupe_key = e.key AND f.envelope_id = e.envelope;

	SELECT COALESCE(array_agg(c.emoji), '{}') INTO known FROM reaction_counts c
	WHERE c.tenant_id = p_tenant AND c.channel_id = p_channel AND c.message_id = p_target;
	FOR i IN 1 .. cardinality(p_ords) LOOP
		CONTINUE WHEN refusals[i] IS NOT NULL OR NOT p_add[i] OR p_emoji[i] = ANY (known);
		IF cardinality(known) < distinct_max THEN
			known := known || p_emoji[i];
		ELSE
			refusals[i] := 'too_many_reactions';
		END IF;
	END LOOP;

	WITH last AS MATERIALIZED (
		SELECT DISTINCT ON (e.sender, e.emoji) e.sender, e.emoji, e.add, e.i
		FROM unnest(p_sender, p_emoji, p_add, refusals) WITH ORDINALITY
		    AS e (sender, emoji, add, refusal, i)
		WHERE e.refusal IS NULL ORDER BY e.sender, e.emoji, e.i DESC
	), removed AS (
		DELETE FROM reactions r USING last l
		WHERE NOT l.add AND r.tenant_id = p_tenant AND r.channel_id = p_channel
		AND r.message_id = p_target AND r.emoji = l.emoji AND r.user_id = l.sender
		RETURNING r.user_id, r.emoji
	), new AS (
		INSERT INTO reactions (tenant_id, channel_id, message_id, emoji, user_id,
		    created_at)
		SELECT p_tenant, p_channel, p_target, l.emoji, l.sender, p_moment
		FROM last l WHERE l.add
		ON CONFLICT DO NOTHING
		RETURNING user_id, emoji
	), changed AS (
		SELECT c.user_id, c.emoji, l.add, l.i
		FROM (SELECT * FROM removed UNION ALL SELECT * FROM new) c
		JOIN last l ON l.sender = c.user_id AND l.emoji = c.emoji
	)
	SELECT array_agg(c.user_id ORDER BY c.i), array_agg(c.emoji ORDER BY c.i),
	    array_agg(c.add ORDER BY c.i)
	INTO users, emojis, added FROM changed c;

	IF users IS NOT NULL THEN
		UPDATE channel_heads h SET last_seq = h.last_seq + 1
		WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel
		RETURNING h.last_seq INTO new_seq;
		PERFORM es_change_counts(p_tenant, p_channel, p_target, emojis, added, new_seq);
		RETURN QUERY
		INSERT INTO channel_events AS e (tenant_id, channel_id, seq, kind, message_id,
		    actor_id, payload, created_at)
		SELECT p_tenant, p_channel, new_seq, 'reactions_changed', p_target, users[1],
		    jsonb_strip_nulls(jsonb_build_object('messageId', p_target, 'changes', (
			SELECT jsonb_agg(jsonb_build_object('emoji', u.emoji, 'userId', u.user_id,
			    'op', CASE WHEN u.add THEN 'add' ELSE 'remove' END) ORDER BY u.i)
			FROM unnest(users[:listed_max], emojis[:listed_max], added[:listed_max])
			    WITH ORDINALITY AS u (user_id, emoji, add, i)),
			'more', NULLIF(GREATEST(cardinality(users) - listed_max, 0), 0), 'counts', (
			SELECT jsonb_agg(jsonb_build_object('emoji', x.emoji, 'count',
			    COALESCE(n.count, 0)) ORDER BY x.emoji)
			FROM (SELECT DISTINCT u.emoji FROM unnest(emojis) AS u (emoji)) x
			LEFT JOIN reaction_counts n ON n.tenant_id = p_tenant
			    AND n.channel_id = p_channel AND n.message_id = p_target
			    AND n.emoji = x.emoji))), p_moment
		RETURNING p_ords[array_position(p_sender, e.actor_id)], 'event', e.kind, e.seq,
		    es_ms(e.created_at), e.payload;
	END IF;

	FOR i IN 1 .. cardinality(p_ords) LOOP
		IF refusals[i] IS NOT NULL THEN
			PERFORM es_change_refuse(p_tenant, p_channel, p_sender[i], p_key[i],
			    p_cid[i], p_envelope[i], refusals[i], p_moment);
		END IF;
	END LOOP;
	RETURN QUERY
	SELECT e.ord, CASE WHEN e.refusal IS NOT NULL THEN 'refused'
		WHEN c.emoji IS NOT NULL THEN 'committed' ELSE 'repeat' END,
	    COALESCE(e.refusal, 'ok'), CASE WHEN e.refusal IS NOT NULL THEN NULL
		WHEN c.emoji IS NOT NULL THEN new_seq ELSE 0 END,
	    CASE WHEN e.refusal IS NULL THEN es_ms(p_moment) END, NULL::jsonb
	FROM unnest(p_ords, p_sender, p_emoji, p_add, refusals)
	    AS e (ord, sender, emoji, add, refusal)
	LEFT JOIN unnest(users, emojis, added) AS c (user_id, emoji, add)
	    ON c.user_id = e.sender AND c.emoji = e.emoji AND c.add = e.add
	ORDER BY e.ord;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change_reactions FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change_reactions TO es_batch;
