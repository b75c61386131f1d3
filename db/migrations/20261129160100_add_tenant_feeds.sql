-- echostream:functions c7df49e02205b143c29c5be12d6f6044cc376b80ca91fcf7f2b2ece4b20bec58
-- migrate:up

-- Adds the feeds of tenants: rows of channel_heads and channel_events under the id of the tenant.
-- es_provision writes user_joined.

-- migrate:down

-- Older programs do not read these rows. A later migrate continues their numbers.
