-- migrate:up

-- Nothing writes or reads it since the migration before. Dropping a column rewrites no row.
ALTER TABLE messages DROP COLUMN prev;
ALTER TABLE channel_events DROP COLUMN prev;

-- migrate:down

-- At the end of the row, where the column was not: columns are read by name.
ALTER TABLE messages ADD COLUMN prev bigint CHECK (prev >= 0 AND prev < id);
ALTER TABLE channel_events ADD COLUMN prev bigint CHECK (prev >= 0 AND prev < seq);
