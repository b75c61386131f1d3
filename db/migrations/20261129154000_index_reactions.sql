-- migrate:up

-- A page of messages shows the reactions of its reader. The table is empty until
-- 20261129190000, so that the lock is short.
CREATE INDEX reactions_reader_idx ON reactions (tenant_id, channel_id, user_id, message_id, emoji);

-- migrate:down

DROP INDEX reactions_reader_idx;
