-- migrate:up

-- Direct messages (kind 'dm': one or two people) and groups (kind 'group': three to nine).
-- dm_key holds the ids of the people in ascending order, separated by blanks; the same people
-- give the same channel. Programs show no name; the column keeps a placeholder, because programs
-- older than this migration expect a name there. They show such a channel as a private one. The
-- checks and the trigger below refuse what those programs would change.
ALTER TABLE channels DROP CONSTRAINT channels_kind_check;
ALTER TABLE channels ADD COLUMN dm_key text COLLATE "C"
	CHECK (length(dm_key) BETWEEN 36 AND 332);
ALTER TABLE channels
	ADD CONSTRAINT channels_kind_check CHECK (kind IN ('channel', 'dm', 'group')),
	ADD CONSTRAINT channels_direct_check CHECK (CASE WHEN kind = 'channel' THEN dm_key IS NULL
	    ELSE dm_key IS NOT NULL AND is_private AND archived_at IS NULL
		AND posting_policy = 'everyone' END);
CREATE UNIQUE INDEX channels_dm_key ON channels (tenant_id, dm_key) WHERE dm_key IS NOT NULL;
-- The limits of a user count channels and direct messages apart.
CREATE INDEX channels_maker_idx ON channels (tenant_id, created_by, kind);
DROP INDEX channels_created_by_idx;
-- A list of channels without an owner skips direct messages, which have none.
CREATE INDEX channels_named_idx ON channels (tenant_id, id) WHERE kind = 'channel';

-- is_direct repeats the channel's kind, so that neither list reads the rows of the other.
-- hidden_seq: the member hid the conversation when the channel's head had this number. It stays
-- hidden until the head has a higher one.
ALTER TABLE channel_members ADD COLUMN is_direct boolean NOT NULL DEFAULT false,
	ADD COLUMN hidden_seq bigint CHECK (hidden_seq >= 0);
GRANT UPDATE (hidden_seq) ON channel_members TO echostream_app;
GRANT SELECT (dm_key) ON channels TO es_batch; -- for the trigger

CREATE FUNCTION es_direct_members() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
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
CREATE TRIGGER direct_members BEFORE INSERT OR DELETE OR UPDATE OF role ON channel_members
	FOR EACH ROW EXECUTE FUNCTION es_direct_members();

-- tenants.channel_count does not count direct messages.
DROP TRIGGER count_deleted ON channels;
CREATE TRIGGER count_deleted AFTER DELETE ON channels FOR EACH ROW
	WHEN (OLD.archived_at IS NULL AND OLD.kind = 'channel')
	EXECUTE FUNCTION es_count_channels();

-- migrate:down

DROP TRIGGER direct_members ON channel_members;
DROP FUNCTION es_direct_members;
-- Direct messages stay as private channels. Each member becomes an owner: a channel without an
-- owner could be taken over by an owner of the tenant, who would then read it.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members NO FORCE ROW LEVEL SECURITY;
UPDATE channel_members SET role = 'owner' WHERE is_direct;
UPDATE tenants t SET channel_count = t.channel_count + d.n
FROM (SELECT tenant_id, count(*) AS n FROM channels WHERE kind <> 'channel' GROUP BY tenant_id) d
WHERE d.tenant_id = t.id;
ALTER TABLE channels DROP COLUMN dm_key, DROP CONSTRAINT IF EXISTS channels_direct_check;
UPDATE channels SET kind = 'channel', name = 'Direct message ' || id,
	name_key = 'direct message ' || id
WHERE kind <> 'channel';
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE channels FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members FORCE ROW LEVEL SECURITY;
ALTER TABLE channels DROP CONSTRAINT channels_kind_check,
	ADD CONSTRAINT channels_kind_check CHECK (kind IN ('channel', 'dm'));
DROP TRIGGER count_deleted ON channels;
CREATE TRIGGER count_deleted AFTER DELETE ON channels FOR EACH ROW
	WHEN (OLD.archived_at IS NULL)
	EXECUTE FUNCTION es_count_channels();
REVOKE UPDATE (hidden_seq) ON channel_members FROM echostream_app;
ALTER TABLE channel_members DROP COLUMN is_direct, DROP COLUMN hidden_seq;
DROP INDEX channels_named_idx;
CREATE INDEX channels_created_by_idx ON channels (tenant_id, created_by);
DROP INDEX channels_maker_idx;
