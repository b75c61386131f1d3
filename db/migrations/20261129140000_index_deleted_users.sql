-- echostream:functions c16132c18d25f1bd9c01b88c0b35db2329df83e86923ca9ee3a9b25a8e22fd8e
-- migrate:up

-- History asks whether the tenant has deleted a user: only then it looks up senders.
CREATE INDEX users_deleted_idx ON users (tenant_id, id) WHERE deleted_at IS NOT NULL;

-- migrate:down

DROP INDEX users_deleted_idx;
