-- echostream:functions 4c9ed3205b1cb434fc1e78b109126176aae6c50bf898b43c927abf4e37227c55
-- migrate:up

-- A member's own messages move its read mark without a write: a reader computes the mark as the
-- greater of last_read_seq and the member's newest own message. When a member marks a message
-- unread, own_after_seq becomes the head: own messages up to that number no longer move the mark.
ALTER TABLE channel_members ADD COLUMN own_after_seq bigint NOT NULL DEFAULT 0
	CHECK (own_after_seq >= 0);
GRANT UPDATE (own_after_seq) ON channel_members TO echostream_app;

-- false: nobody sees what the user has read, and the user sees nobody's receipts.
ALTER TABLE users ADD COLUMN read_receipts boolean NOT NULL DEFAULT true;
GRANT UPDATE (read_receipts) ON users TO echostream_app;
GRANT SELECT (read_receipts) ON users TO es_batch, es_lookup;
GRANT SELECT (settings) ON tenants TO es_batch;

-- migrate:down

REVOKE SELECT (settings) ON tenants FROM es_batch;
ALTER TABLE users DROP COLUMN read_receipts;
ALTER TABLE channel_members DROP COLUMN own_after_seq;
