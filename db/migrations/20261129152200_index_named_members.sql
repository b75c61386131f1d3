-- echostream:functions e0df96a487adf9d4a1cea435808cdc955774d8ffec544085da9b0f9851f58937
-- migrate:up transaction:false

-- The channels of a user, without direct messages.
CREATE INDEX CONCURRENTLY IF NOT EXISTS channel_members_named_idx
	ON channel_members (tenant_id, user_id, channel_id) WHERE NOT is_direct;

-- migrate:down transaction:false

DROP INDEX CONCURRENTLY IF EXISTS channel_members_named_idx;
