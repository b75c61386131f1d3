-- echostream:was 250e16cf230bcb97fb7908cc4e53ff3828df09af756238d47b47ac10c7aa4c0e
-- migrate:up

CREATE TABLE channels (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	id uuid NOT NULL,
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 100),
	topic text NOT NULL DEFAULT '' CHECK (char_length(topic) <= 1000),
	is_private boolean NOT NULL DEFAULT false,
	kind text NOT NULL DEFAULT 'channel' CHECK (kind IN ('channel', 'dm')),
	created_by uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	archived_at timestamptz,
	PRIMARY KEY (tenant_id, id),
	FOREIGN KEY (tenant_id, created_by) REFERENCES users (tenant_id, id)
);
-- An archived channel keeps its name, so that it can be restored.
CREATE UNIQUE INDEX channels_name_key ON channels (tenant_id, lower(name))
	WHERE kind = 'channel';
CREATE INDEX channels_created_by_idx ON channels (tenant_id, created_by);

-- The counter of each channel. The lock of its row orders all events of the channel. Free
-- space on each page and no index but the key: an update is then a HOT update.
CREATE TABLE channel_heads (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	last_seq bigint NOT NULL DEFAULT 0 CHECK (last_seq BETWEEN 0 AND 9007199254740991),
	archived boolean NOT NULL DEFAULT false,
	PRIMARY KEY (tenant_id, channel_id)
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0.05);

CREATE TABLE channel_members (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	user_id uuid NOT NULL,
	role text NOT NULL DEFAULT 'member' CHECK (role IN ('owner', 'admin', 'member')),
	joined_at timestamptz NOT NULL DEFAULT now(),
	last_read_at timestamptz,
	last_read_seq bigint NOT NULL DEFAULT 0 CHECK (last_read_seq >= 0),
	PRIMARY KEY (tenant_id, channel_id, user_id),
	FOREIGN KEY (tenant_id, channel_id) REFERENCES channels (tenant_id, id),
	FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
) WITH (fillfactor = 80);
CREATE INDEX channel_members_user_idx ON channel_members (tenant_id, user_id, channel_id);

ALTER TABLE channels ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_heads ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_members ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON channels TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON channel_heads TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON channel_members TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT, INSERT, UPDATE (name, topic, archived_at) ON channels TO echostream_app;
GRANT SELECT, INSERT, UPDATE (last_seq, archived) ON channel_heads TO echostream_app;
GRANT SELECT, INSERT, DELETE, UPDATE (role, last_read_at, last_read_seq)
	ON channel_members TO echostream_app;

-- migrate:down

DROP TABLE channel_members;
DROP TABLE channel_heads;
DROP TABLE channels;
