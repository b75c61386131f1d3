-- echostream:was f6667926f06fd847a144ee4bea6c7613bf1099a1ce5043bdaed2318f6a921ff0
-- migrate:up

-- No function writes or reads the column since the migration before. DROP COLUMN rewrites no
-- row.
ALTER TABLE messages DROP COLUMN prev;
ALTER TABLE channel_events DROP COLUMN prev;

-- migrate:down

-- The column comes back as the last one. That is no matter: programs read columns by name.
ALTER TABLE messages ADD COLUMN prev bigint CHECK (prev >= 0 AND prev < id);
ALTER TABLE channel_events ADD COLUMN prev bigint CHECK (prev >= 0 AND prev < seq);
