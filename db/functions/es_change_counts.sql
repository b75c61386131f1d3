-- Adds changes of reactions to the counts of one message. An emoji that nobody uses any more
-- loses its row. p_seq: the number of the event, for emoji that are new. The caller holds
-- the lock of the channel's head.
--
-- Caller: es_change_reactions(). Runs as its owner.

CREATE OR REPLACE FUNCTION es_change_counts(p_tenant uuid, p_channel uuid, p_target bigint,
    p_emoji text[], p_add boolean[], p_seq bigint)
RETURNS void
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
	UPDATE reaction_counts c SET count = c.count + d.more
	FROM (SELECT u.emoji, sum(CASE WHEN u.add THEN 1 ELSE -1 END) AS more
		FROM unnest(p_emoji, p_add) AS u (emoji, add) GROUP BY 1) d
	WHERE c.tenant_id = p_tenant AND c.channel_id = p_channel
	AND c.message_id = p_target AND c.emoji = d.emoji;
	INSERT INTO reaction_counts (tenant_id, channel_id, message_id, emoji, count, first_seq)
	SELECT p_tenant, p_channel, p_target, u.emoji, count(*), p_seq
	FROM unnest(p_emoji, p_add) AS u (emoji, add) WHERE u.add GROUP BY u.emoji
	ON CONFLICT DO NOTHING;
	DELETE FROM reaction_counts c WHERE c.tenant_id = p_tenant
	AND c.channel_id = p_channel AND c.message_id = p_target AND c.count = 0;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change_counts FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change_counts TO es_batch;
