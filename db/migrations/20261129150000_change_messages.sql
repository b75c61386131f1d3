-- echostream:functions fd1fbfeac25dba90061092965fce106a9cf1a24631b199f3b3cb94bba441e555
-- migrate:up

-- Edits, deletes and reactions of messages (es_batch_ops).
ALTER TABLE messages ADD COLUMN version integer NOT NULL DEFAULT 1 CHECK (version > 0);

-- The texts that edits have replaced. The deletion of a message deletes them.
CREATE TABLE message_revisions (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	message_id bigint NOT NULL,
	version integer NOT NULL CHECK (version > 0),
	body text NOT NULL,
	replaced_by uuid NOT NULL,
	replaced_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, channel_id, message_id, version)
);

CREATE TABLE reactions (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	message_id bigint NOT NULL,
	emoji text COLLATE "C" NOT NULL CHECK (octet_length(emoji) BETWEEN 1 AND 64),
	user_id uuid NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, channel_id, message_id, emoji, user_id)
);

-- The number of reactions with each emoji; no row when there is none. first_seq: the event since
-- which there has always been one. Clients show the emoji in this order.
CREATE TABLE reaction_counts (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	message_id bigint NOT NULL,
	emoji text COLLATE "C" NOT NULL,
	count bigint NOT NULL CHECK (count >= 0),
	first_seq bigint NOT NULL,
	PRIMARY KEY (tenant_id, channel_id, message_id, emoji)
);

-- The keys of edits and deletes, kept for 24 hours: a repeat changes nothing. Reactions need none,
-- because a repeat finds the state that it asks for.
CREATE TABLE change_keys (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	dedupe_key bytea NOT NULL CHECK (octet_length(dedupe_key) = 16),
	request_hash bytea NOT NULL,
	message_id bigint NOT NULL,
	seq bigint NOT NULL,
	version integer NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, channel_id, dedupe_key)
);
CREATE INDEX change_keys_age_idx ON change_keys (created_at);

-- Programs of the last release would post an edit as a message. So the programs of this release
-- queue edits, deletes and reactions only when the last migration of this release, a contracting
-- one, has set this to 2.
ALTER TABLE cluster_meta ADD COLUMN envelope_version integer NOT NULL DEFAULT 1;

ALTER TABLE message_revisions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE reactions ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE reaction_counts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE change_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON message_revisions TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON reactions TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON reaction_counts TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON change_keys TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT ON message_revisions, reactions, reaction_counts, change_keys TO echostream_app;
GRANT SELECT, INSERT, DELETE ON message_revisions, reactions, change_keys TO es_batch;
GRANT SELECT, INSERT, DELETE, UPDATE (count) ON reaction_counts TO es_batch;
GRANT UPDATE (body, edited_at, deleted_at, version) ON messages TO es_batch;
GRANT SELECT (settings) ON tenants TO es_batch;

CREATE POLICY batch_edits ON messages FOR UPDATE TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_changes ON message_revisions TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_changes ON reactions TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_changes ON reaction_counts TO es_batch USING (true) WITH CHECK (true);
CREATE POLICY batch_changes ON change_keys TO es_batch USING (true) WITH CHECK (true);

-- migrate:down

-- The programs of the last release show an edited message and a tombstone. Reactions, older texts
-- and the keys of changes are lost.
DROP POLICY batch_edits ON messages;
REVOKE SELECT (settings) ON tenants FROM es_batch;
REVOKE UPDATE (body, edited_at, deleted_at, version) ON messages FROM es_batch;
ALTER TABLE cluster_meta DROP COLUMN envelope_version;
DROP TABLE change_keys;
DROP TABLE reaction_counts;
DROP TABLE reactions;
DROP TABLE message_revisions;
ALTER TABLE messages DROP COLUMN version;
