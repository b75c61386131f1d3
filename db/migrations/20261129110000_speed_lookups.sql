-- echostream:was cb47bbf99308209448b874500e484c1118000b838af9ad4f59e473603ed64c69
-- migrate:up

-- The owners of a channel or a tenant are few, however many members it has.
CREATE INDEX channel_members_owner_idx ON channel_members (tenant_id, channel_id, user_id)
	WHERE role = 'owner';
CREATE INDEX users_owner_idx ON users (tenant_id, id)
	WHERE role = 'owner' AND status = 'active';
-- A list of public channels does not read the private ones.
CREATE INDEX channels_public_idx ON channels (tenant_id, id) WHERE NOT is_private;

-- migrate:down

DROP INDEX channels_public_idx;
DROP INDEX users_owner_idx;
DROP INDEX channel_members_owner_idx;
