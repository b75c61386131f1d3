-- Commits one edit or delete of a message. Returns its event, if there is one, and then its
-- outcome, as es_batch_ops() describes them. The caller holds the lock of the channel's
-- head.
--
-- A repeat returns its event again, because the first one may not have been published. The
-- text of an edit is in `messages` and the event names the message, so the deletion of a
-- message leaves no text behind.
--
-- Caller: es_batch_ops(). Runs as its owner.

CREATE OR REPLACE FUNCTION es_change(p_tenant uuid, p_channel uuid, p_sender uuid, p_key bytea,
    p_hash bytea, p_cid text, p_envelope uuid, p_op text, p_target bigint, p_body text,
    p_more jsonb, p_moment timestamptz)
RETURNS TABLE (outcome text, code text, seq bigint, created_ms bigint, body text,
    edited_ms bigint, deleted boolean, payload jsonb, message_id bigint, version integer)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
#variable_conflict use_column
DECLARE
	first change_keys;
	old messages;
	kind text := CASE p_op WHEN 'edit' THEN 'message_updated' ELSE 'message_deleted' END;
	new_seq bigint := 0;
	new_version integer;
	refusal text;
BEGIN
	SELECT * INTO first FROM change_keys k WHERE k.tenant_id = p_tenant
	AND k.channel_id = p_channel AND k.dedupe_key = p_key;
	IF FOUND THEN
		IF first.request_hash <> p_hash THEN
			RETURN QUERY SELECT 'refused', 'idempotency_key_reused', NULL::bigint,
			    NULL::bigint, NULL, NULL::bigint, false, NULL::jsonb, p_target,
			    NULL::integer;
			RETURN;
		END IF;
		RETURN QUERY SELECT 'event', e.kind, e.seq, es_ms(e.created_at),
		    CASE WHEN e.kind = 'message_updated' AND m.deleted_at IS NULL THEN m.body END,
		    es_ms(m.edited_at), m.deleted_at IS NOT NULL, e.payload, m.id, m.version
		FROM channel_events e
		JOIN messages m ON m.tenant_id = p_tenant AND m.channel_id = p_channel
		    AND m.id = first.message_id
		WHERE e.tenant_id = p_tenant AND e.channel_id = p_channel AND e.seq = first.seq;
		RETURN QUERY SELECT 'repeat', 'ok', first.seq, es_ms(first.created_at), NULL,
		    NULL::bigint, false, NULL::jsonb, first.message_id, first.version;
		RETURN;
	END IF;

	SELECT * INTO old FROM messages m
	WHERE m.tenant_id = p_tenant AND m.channel_id = p_channel AND m.id = p_target;
	SELECT f.code INTO refusal FROM refused_messages f WHERE f.tenant_id = p_tenant
	AND f.channel_id = p_channel AND f.dedupe_key = p_key AND f.envelope_id = p_envelope;
	IF refusal IS NULL THEN
		refusal := es_change_refusal(p_tenant, p_channel, p_sender, p_op, p_target,
		    (p_more ->> 'ifVersion')::bigint);
		IF refusal IS NOT NULL THEN
			PERFORM es_change_refuse(p_tenant, p_channel, p_sender, p_key, p_cid,
			    p_envelope, refusal, p_moment);
		END IF;
	END IF;
	IF refusal IS NOT NULL THEN
		RETURN QUERY SELECT 'refused', refusal, NULL::bigint, NULL::bigint, NULL,
		    NULL::bigint, false, NULL::jsonb, p_target, NULL::integer;
		RETURN;
	END IF;

	new_version := old.version;
	IF p_op = 'delete' OR old.body <> p_body THEN
		UPDATE channel_heads h SET last_seq = h.last_seq + 1
		WHERE h.tenant_id = p_tenant AND h.channel_id = p_channel
		RETURNING h.last_seq INTO new_seq;
		IF p_op = 'edit' THEN
			new_version := old.version + 1;
			payload := '{}';
			INSERT INTO message_revisions (tenant_id, channel_id, message_id, version,
			    body, replaced_by, replaced_at)
			VALUES (p_tenant, p_channel, p_target, old.version, old.body, p_sender,
			    p_moment);
			UPDATE messages m SET body = p_body, edited_at = p_moment,
			    version = new_version
			WHERE m.tenant_id = p_tenant AND m.channel_id = p_channel
			AND m.id = p_target;
		ELSE
			payload := jsonb_build_object('messageId', p_target, 'deletedAt',
			    es_time(p_moment));
			PERFORM es_change_tombstone(p_tenant, p_channel, p_target, p_moment);
		END IF;
		INSERT INTO channel_events (tenant_id, channel_id, seq, kind, message_id, actor_id,
		    payload, created_at)
		VALUES (p_tenant, p_channel, new_seq, kind, p_target, p_sender, payload, p_moment);
		RETURN QUERY SELECT 'event', kind, new_seq, es_ms(p_moment),
		    CASE p_op WHEN 'edit' THEN p_body END,
		    CASE p_op WHEN 'edit' THEN es_ms(p_moment) END, p_op = 'delete', payload,
		    p_target, new_version;
	END IF;
	INSERT INTO change_keys (tenant_id, channel_id, dedupe_key, request_hash, message_id,
	    seq, version, created_at)
	VALUES (p_tenant, p_channel, p_key, p_hash, p_target, new_seq, new_version, p_moment);
	RETURN QUERY SELECT 'committed', 'ok', new_seq, es_ms(p_moment), NULL, NULL::bigint,
	    false, NULL::jsonb, p_target, new_version;
END
$$;

REVOKE EXECUTE ON FUNCTION es_change FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_change TO es_batch;
