-- echostream:was d57db1a20ae568b95d7b5845e5ae5fcfa0864b660db8cef81b32fcf885b4ee73
-- migrate:up

-- The deletion of a channel deletes its rows in channels and channel_heads at once: no statement
-- finds the channel, and its name is free. Its messages, events and members stay until
-- es_purge_channels deletes them; this table holds the channel until then.
CREATE TABLE deleted_channels (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	channel_id uuid NOT NULL,
	deleted_by uuid NOT NULL,
	deleted_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, channel_id)
);
CREATE INDEX deleted_channels_age_idx ON deleted_channels (deleted_at);
ALTER TABLE deleted_channels ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON deleted_channels TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT, INSERT ON deleted_channels TO echostream_app;
GRANT DELETE ON channels, channel_heads TO echostream_app;

-- Rows of members exist longer than their channel. Each transaction that inserts a member holds
-- the lock of the channel's head and has read the channel's row.
ALTER TABLE channel_members DROP CONSTRAINT channel_members_tenant_id_channel_id_fkey;

-- The role es_batch can delete rows of deleted channels only.
GRANT SELECT, UPDATE (deleted_at), DELETE ON deleted_channels TO es_batch;
GRANT DELETE ON messages, channel_events, channel_members TO es_batch;
GRANT SELECT ON channel_events TO es_batch;
CREATE POLICY batch_purges ON deleted_channels TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_reads ON channel_events FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_purges ON messages FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d WHERE d.tenant_id = messages.tenant_id
		AND d.channel_id = messages.channel_id));
CREATE POLICY batch_purges ON channel_events FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d
		WHERE d.tenant_id = channel_events.tenant_id
		AND d.channel_id = channel_events.channel_id));
CREATE POLICY batch_purges ON channel_members FOR DELETE TO es_batch
	USING (EXISTS (SELECT FROM deleted_channels d
		WHERE d.tenant_id = channel_members.tenant_id
		AND d.channel_id = channel_members.channel_id));

-- migrate:down

DROP POLICY batch_purges ON channel_members;
DROP POLICY batch_purges ON channel_events;
DROP POLICY batch_purges ON messages;
DROP POLICY batch_reads ON channel_events;
REVOKE SELECT ON channel_events FROM es_batch;
REVOKE DELETE ON messages, channel_events, channel_members FROM es_batch;
-- Purge all deleted channels now: members need their channel again.
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events NO FORCE ROW LEVEL SECURITY;
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE deleted_channels NO FORCE ROW LEVEL SECURITY;
DELETE FROM channel_members m USING deleted_channels d
WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id;
DELETE FROM channel_events e USING deleted_channels d
WHERE e.tenant_id = d.tenant_id AND e.channel_id = d.channel_id;
DELETE FROM messages m USING deleted_channels d
WHERE m.tenant_id = d.tenant_id AND m.channel_id = d.channel_id;
ALTER TABLE channel_members ADD FOREIGN KEY (tenant_id, channel_id)
	REFERENCES channels (tenant_id, id);
ALTER TABLE channels FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events FORCE ROW LEVEL SECURITY;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
REVOKE DELETE ON channels, channel_heads FROM echostream_app;
DROP TABLE deleted_channels;
