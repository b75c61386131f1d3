-- echostream:functions 30fcd6a287df53c58eca805e31aa34161f818e9abdb2c373efbb07ef8d1c38de
-- migrate:up

-- Adds the feeds of tenants: rows of channel_heads and channel_events under the id of the tenant.
-- es_provision writes user_joined.

-- migrate:down

-- Older programs do not read these rows. A later migrate continues their numbers.
