-- echostream:was 9ef4f2cd95096ca3827b8cb4fa7865beb953ea083b13b190d36527ea50427082
-- migrate:up

-- Users that were removed from a public channel. A banned user is not a member, and the channel
-- does not exist for it, as a private channel does not for users who are not members. Lifting
-- the ban, or adding the user to the channel, deletes the row.
CREATE TABLE channel_bans (
	tenant_id uuid NOT NULL,
	channel_id uuid NOT NULL,
	user_id uuid NOT NULL,
	banned_by uuid NOT NULL,
	banned_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, channel_id, user_id),
	FOREIGN KEY (tenant_id, user_id) REFERENCES users (tenant_id, id)
);
CREATE INDEX channel_bans_user_idx ON channel_bans (tenant_id, user_id, channel_id);
ALTER TABLE channel_bans ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON channel_bans TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY batch_reads ON channel_bans FOR SELECT TO es_batch USING (true);
CREATE POLICY lookup_reads ON channel_bans FOR SELECT TO es_lookup USING (true);
GRANT SELECT, INSERT, DELETE ON channel_bans TO echostream_app;
GRANT SELECT (tenant_id, channel_id, user_id) ON channel_bans TO es_batch, es_lookup;

-- 'everyone': each reader may send. 'admins': only owners and admins of the channel or of the
-- tenant.
ALTER TABLE channels ADD COLUMN posting_policy text NOT NULL DEFAULT 'everyone'
	CHECK (posting_policy IN ('everyone', 'admins'));
GRANT UPDATE (is_private, posting_policy) ON channels TO echostream_app;
GRANT SELECT (posting_policy) ON channels TO es_batch, es_lookup;
GRANT SELECT (role) ON channel_members TO es_lookup;

-- migrate:down

REVOKE SELECT (role) ON channel_members FROM es_lookup;
REVOKE SELECT (posting_policy) ON channels FROM es_batch, es_lookup;
REVOKE UPDATE (is_private, posting_policy) ON channels FROM echostream_app;
ALTER TABLE channels DROP COLUMN posting_policy;
DROP TABLE channel_bans;
