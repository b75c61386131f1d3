-- echostream:was fb8fac1a5d88db86be2962f2fd07f516b920a788fe92999d2e52435a84d9e21d
-- migrate:up

-- No foreign keys: es_batch checks tenant, channel and sender itself, and 20,000 checks of keys
-- a second would cost. Deleting a message keeps its row, so that a late repeat of it stays a
-- repeat.
CREATE TABLE messages (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	id bigint NOT NULL CHECK (id > 0),
	prev bigint NOT NULL CHECK (prev >= 0 AND prev < id),
	sender_id uuid NOT NULL,
	dedupe_key bytea NOT NULL CHECK (octet_length(dedupe_key) = 16),
	request_hash bytea NOT NULL CHECK (octet_length(request_hash) BETWEEN 1 AND 32),
	client_message_id text NOT NULL
	    CHECK (char_length(client_message_id) BETWEEN 1 AND 200),
	body text NOT NULL CHECK (octet_length(body) <= 262144),
	created_at timestamptz NOT NULL,
	edited_at timestamptz,
	deleted_at timestamptz,
	PRIMARY KEY (tenant_id, channel_id, id),
	CONSTRAINT messages_dedupe_key UNIQUE (tenant_id, channel_id, dedupe_key)
);

-- Numbered events that are not messages. They share the channel's numbers with messages.
CREATE TABLE channel_events (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	seq bigint NOT NULL CHECK (seq > 0),
	prev bigint NOT NULL CHECK (prev >= 0 AND prev < seq),
	kind text NOT NULL CHECK (char_length(kind) BETWEEN 1 AND 40),
	message_id bigint,
	actor_id uuid NOT NULL,
	payload jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(payload) = 'object'),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, channel_id, seq)
);

-- Messages that were accepted (202) and then refused at the commit, kept for 24 hours: a query
-- by client message id answers with the code. No foreign keys, because tenant and channel may
-- not exist.
CREATE TABLE refused_messages (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	dedupe_key bytea NOT NULL CHECK (octet_length(dedupe_key) = 16),
	sender_id uuid NOT NULL,
	client_message_id text NOT NULL,
	code text NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, channel_id, dedupe_key)
);
CREATE INDEX refused_messages_age_idx ON refused_messages (created_at);

ALTER TABLE messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE refused_messages ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON messages TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON channel_events TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON refused_messages TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

-- Only es_batch inserts messages.
GRANT SELECT, UPDATE (body, edited_at, deleted_at) ON messages TO echostream_app;
GRANT SELECT, INSERT ON channel_events TO echostream_app;
GRANT SELECT ON refused_messages TO echostream_app;

-- migrate:down

DROP TABLE refused_messages;
DROP TABLE channel_events;
DROP TABLE messages;
