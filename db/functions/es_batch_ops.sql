-- Commits a batch that has edits, deletes or reactions, like es_batch_many(), whose rules
-- hold: parallel arrays in the order of the queue, one transaction, the same order of
-- locks. Crosses tenants.
--
-- p_op      message, edit, delete, react or unreact
-- p_target  the message that the element changes; NULL for a message
-- p_more    NULL, or an object with the further members of the element: ifVersion of an
--           edit or delete, emoji of a reaction
--
-- Returns rows as es_batch_many(), in no order but that of each channel's numbers, and:
--   event   also with code message_updated, message_deleted or reactions_changed. It comes
--           before the outcome of its element.
--   others  of a change: seq is the number of its event (0: nothing to change), message_id
--           the target, version that of the message after the change
--
-- In one channel, messages, edits and deletes take their numbers in the order of the
-- queue. Reactions come after them: their order among other changes means nothing, and
-- together they are few events.
--
-- Caller: fanout, through shared/store/batch_store.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_batch_ops(p_partitions integer[], p_epochs bigint[],
    p_done_ids text[], p_tenant uuid[], p_channel uuid[], p_sender uuid[], p_key bytea[],
    p_hash bytea[], p_cid text[], p_body text[], p_envelope uuid[], p_op text[],
    p_target bigint[], p_more jsonb[])
RETURNS TABLE (ord integer, outcome text, code text, seq bigint, created_ms bigint,
    body text, edited_ms bigint, deleted boolean, sender_name text, payload jsonb,
    message_id bigint, version integer)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
	moment timestamptz;
	part record;
	i integer;
BEGIN
	PERFORM es_fence(p_partitions, p_epochs, p_done_ids);
	PERFORM FROM (SELECT DISTINCT u.tenant_id, u.channel_id
		FROM unnest(p_tenant, p_channel) AS u (tenant_id, channel_id) ORDER BY 1, 2) d
	CROSS JOIN LATERAL (SELECT h.last_seq FROM channel_heads h
		WHERE h.tenant_id = d.tenant_id AND h.channel_id = d.channel_id
		FOR NO KEY UPDATE) h;
	moment := date_trunc('milliseconds', clock_timestamp());

	-- Runs of messages and runs of changes take turns in each channel. Run 0 is of messages,
	-- and all channels' runs with one number are committed together.
	FOR part IN
		SELECT r.run, array_agg(r.ord ORDER BY r.ord) AS ords
		FROM (SELECT f.ord, sum(f.flip) OVER (PARTITION BY f.tenant_id, f.channel_id
			    ORDER BY f.ord) AS run
			FROM (SELECT e.*, abs((e.op <> 'message')::int - lag((e.op <> 'message')::int,
				    1, 0) OVER (PARTITION BY e.tenant_id, e.channel_id
				    ORDER BY e.ord)) AS flip
				FROM unnest(p_tenant, p_channel, p_op) WITH ORDINALITY
				    AS e (tenant_id, channel_id, op, ord)
				WHERE e.op IN ('message', 'edit', 'delete')) f) r
		GROUP BY r.run ORDER BY r.run
	LOOP
		IF part.run % 2 = 0 THEN
			RETURN QUERY
			SELECT part.ords[b.ord]::integer, b.outcome, b.code, b.seq, b.created_ms,
			    b.body, b.edited_ms, b.deleted, b.sender_name, b.payload, NULL::bigint,
			    b.version
			FROM (SELECT array_agg(p_tenant[o]) AS tenant, array_agg(p_channel[o])
				AS channel, array_agg(p_sender[o]) AS sender, array_agg(p_key[o])
				AS key, array_agg(p_hash[o]) AS hash, array_agg(p_cid[o]) AS cid,
				array_agg(p_body[o]) AS body, array_agg(p_envelope[o]) AS envelope
				FROM unnest(part.ords) AS o) a
			CROSS JOIN LATERAL es_batch_many(NULL, NULL, NULL, a.tenant, a.channel,
			    a.sender, a.key, a.hash, a.cid, a.body, a.envelope) b;
			CONTINUE;
		END IF;
		FOREACH i IN ARRAY part.ords LOOP
			RETURN QUERY
			SELECT i, c.outcome, c.code, c.seq, c.created_ms, c.body, c.edited_ms,
			    c.deleted, NULL, c.payload, c.message_id, c.version
			FROM es_change(p_tenant[i], p_channel[i], p_sender[i], p_key[i], p_hash[i],
			    p_cid[i], p_envelope[i], p_op[i], p_target[i], p_body[i], p_more[i],
			    moment) c;
		END LOOP;
	END LOOP;

	FOR part IN
		SELECT e.tenant_id, e.channel_id, e.target, array_agg(e.ord::integer ORDER BY e.ord)
		    AS ords, array_agg(e.sender ORDER BY e.ord) AS senders,
		    array_agg(e.key ORDER BY e.ord) AS keys, array_agg(e.cid ORDER BY e.ord) AS cids,
		    array_agg(e.envelope ORDER BY e.ord) AS envelopes,
		    array_agg(e.op = 'react' ORDER BY e.ord) AS adds,
		    array_agg(e.more ->> 'emoji' ORDER BY e.ord) AS emoji
		FROM unnest(p_tenant, p_channel, p_target, p_sender, p_key, p_cid, p_envelope, p_op,
		    p_more) WITH ORDINALITY
		    AS e (tenant_id, channel_id, target, sender, key, cid, envelope, op, more, ord)
		WHERE e.op IN ('react', 'unreact')
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
	LOOP
		RETURN QUERY
		SELECT c.ord, c.outcome, c.code, c.seq, c.created_ms, NULL, NULL::bigint, false,
		    NULL, c.payload, part.target, NULL::integer
		FROM es_change_reactions(part.tenant_id, part.channel_id, part.target, part.ords,
		    part.senders, part.keys, part.cids, part.envelopes, part.adds, part.emoji,
		    moment) c;
	END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION es_batch_ops FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_batch_ops TO echostream_app;
RESET ROLE;
