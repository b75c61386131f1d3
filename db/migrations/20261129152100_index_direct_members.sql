-- migrate:up transaction:false

-- The direct messages of a user. CONCURRENTLY, because members join while the index is built.
CREATE INDEX CONCURRENTLY IF NOT EXISTS channel_members_direct_idx
	ON channel_members (tenant_id, user_id, channel_id) WHERE is_direct;

-- migrate:down transaction:false

DROP INDEX CONCURRENTLY IF EXISTS channel_members_direct_idx;
