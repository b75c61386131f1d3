-- Trigger direct_members: the members of a direct message or group are the users of
-- channels.dm_key, for ever and without a role. Programs older than migration
-- 20261129152000 do not know this rule; without the trigger a member could leave, or an
-- owner of the tenant could take the conversation over and read it. Channels of kind
-- 'channel' and deleted channels have no key and are not checked.
--
-- Raises check_violation, which programs report as a wrong request.

CREATE OR REPLACE FUNCTION es_direct_members() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off
SET plan_cache_mode = force_generic_plan
AS $$
DECLARE
	m channel_members := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
	people text;
BEGIN
	SELECT c.dm_key INTO people FROM channels c
	WHERE c.tenant_id = m.tenant_id AND c.id = m.channel_id;
	IF people IS NOT NULL AND (TG_OP = 'DELETE' OR m.role <> 'member' OR NOT m.is_direct
	    OR position(m.user_id::text IN people) = 0) THEN
		RAISE EXCEPTION 'the members of a direct message do not change'
		USING ERRCODE = 'check_violation';
	END IF;
	RETURN m;
END
$$;

REVOKE EXECUTE ON FUNCTION es_direct_members FROM PUBLIC;
