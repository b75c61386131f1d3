-- Gives a channel a new owner when its last active owner p_user leaves, is removed or is
-- deactivated. p_channel NULL: all channels of the user. The new owner is the oldest
-- admin of the channel, else its oldest member; guests and bots come last. Returns one
-- row for each change: the `member_updated` event, already numbered. A channel without
-- another active member keeps its owner: the tenant's owner can take it over.
--
-- Runs as the caller, under app.tenant. Locks the heads of the channels in the order of
-- their ids. A transaction that also locks rows of `tenants` must lock the channels
-- first.
--
-- Caller: shared/store/ownership_store.c, before it deletes the row in channel_members.

CREATE OR REPLACE FUNCTION es_hand_on(p_tenant uuid, p_user uuid, p_actor uuid,
    p_channel uuid DEFAULT NULL)
RETURNS TABLE (channel_id uuid, seq bigint, created_ms bigint, payload jsonb)
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
#variable_conflict use_column
DECLARE
	owned record;
	heir record;
BEGIN
	FOR owned IN SELECT m.channel_id FROM channel_members m
		WHERE m.tenant_id = p_tenant AND m.user_id = p_user AND m.role = 'owner'
		AND (p_channel IS NULL OR m.channel_id = p_channel)
		ORDER BY m.channel_id
	LOOP
		PERFORM FROM es_channel_lock(p_tenant, owned.channel_id);
		CONTINUE WHEN NOT FOUND;
		-- This statement takes its snapshot after the lock. FOR SHARE waits for a
		-- concurrent deactivation of the heir, and the heir is then not active. A
		-- later deactivation waits for this transaction, and hands the channel on.
		SELECT m.user_id, m.role, u.display_name INTO heir
		FROM channel_members m
		JOIN users u ON u.tenant_id = p_tenant AND u.id = m.user_id
		WHERE m.tenant_id = p_tenant AND m.channel_id = owned.channel_id
		AND m.user_id <> p_user AND u.status = 'active'
		ORDER BY m.role = 'owner' DESC, m.role = 'admin' DESC,
		    u.role IN ('guest', 'bot'), m.joined_at, m.user_id
		LIMIT 1 FOR SHARE OF u;
		CONTINUE WHEN NOT FOUND OR heir.role = 'owner';
		UPDATE channel_members m SET role = 'owner'
		WHERE m.tenant_id = p_tenant AND m.channel_id = owned.channel_id
		AND m.user_id = heir.user_id;
		RETURN QUERY SELECT owned.channel_id, e.seq, e.created_ms, p.payload
		FROM (SELECT es_member_payload(heir.user_id, heir.display_name, 'owner')
			AS payload) p,
		    es_event(p_tenant, owned.channel_id, 'member_updated', p_actor,
			p.payload) e;
	END LOOP;
END
$$;

REVOKE EXECUTE ON FUNCTION es_hand_on FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_hand_on TO echostream_app;
