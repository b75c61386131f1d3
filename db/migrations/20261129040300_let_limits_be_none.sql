-- echostream:was 9aee0ba1c46fd61a81a854ea7f11413e2d9ee62e2c091781261a6d82d2383800
-- migrate:up

-- A limit of 0 stops a tenant, and NULL is no limit. Before, 0 was no limit: an operator who set
-- 0 to stop a tenant removed its limit. Programs of the last release read NULL as 0, which means
-- no limit to them; but they refuse a new channel in a tenant without a limit of channels.
ALTER TABLE tenants ALTER COLUMN max_channels DROP NOT NULL,
	ALTER COLUMN max_messages_per_second DROP NOT NULL;
-- Row-level security applies to the owner of the tables, too.
ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
UPDATE tenants SET max_messages_per_second = NULL WHERE max_messages_per_second = 0;
UPDATE tenants SET settings = settings || '{"user_send_limit": null}'
WHERE settings -> 'user_send_limit' = '0';
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;

-- migrate:down

ALTER TABLE tenants NO FORCE ROW LEVEL SECURITY;
-- Older programs read 0 as no limit. A stopped tenant gets the smallest limit that they know;
-- otherwise the rollback would remove its limit.
UPDATE tenants SET max_messages_per_second = 1 WHERE max_messages_per_second = 0;
UPDATE tenants SET settings = settings || '{"user_send_limit": 1}'
WHERE settings -> 'user_send_limit' = '0';
UPDATE tenants SET max_messages_per_second = 0 WHERE max_messages_per_second IS NULL;
UPDATE tenants SET max_channels = 2147483647 WHERE max_channels IS NULL;
UPDATE tenants SET settings = jsonb_strip_nulls(settings) || '{"user_send_limit": 0}'
WHERE settings -> 'user_send_limit' = 'null';
ALTER TABLE tenants FORCE ROW LEVEL SECURITY;
ALTER TABLE tenants ALTER COLUMN max_channels SET NOT NULL,
	ALTER COLUMN max_messages_per_second SET NOT NULL;
