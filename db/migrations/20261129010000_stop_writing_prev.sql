-- echostream:was c86a293e75819d6fba76caf8c459c57b37eef8949d02e7ddd8bfaa2d1e38e7f7
-- migrate:up

-- Contracts: only when no program older than 20261129000200 runs ("Rolling out" in
-- db/README.md). A channel's numbers have no holes, so `prev` is always seq - 1. From here on no
-- function writes or returns it.
ALTER TABLE messages ALTER COLUMN prev DROP NOT NULL;
ALTER TABLE channel_events ALTER COLUMN prev DROP NOT NULL;

-- migrate:down

-- Row-level security applies to the owner of the tables, too.
ALTER TABLE messages NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events NO FORCE ROW LEVEL SECURITY;
UPDATE messages SET prev = id - 1 WHERE prev IS NULL;
UPDATE channel_events SET prev = seq - 1 WHERE prev IS NULL;
ALTER TABLE messages FORCE ROW LEVEL SECURITY;
ALTER TABLE channel_events FORCE ROW LEVEL SECURITY;
ALTER TABLE messages ALTER COLUMN prev SET NOT NULL;
ALTER TABLE channel_events ALTER COLUMN prev SET NOT NULL;
