-- echostream:was 345d8056571cbcad3d7300d66029c7b3a857b2bdb35e39320a6246d606a98801
-- migrate:up

-- A guest sees only the channels that it is a member of. A public channel that it is not a
-- member of does not exist for it, like a private one. For es_batch and es_read_many.
GRANT SELECT (role) ON users TO es_batch;

-- migrate:down

REVOKE SELECT (role) ON users FROM es_batch;
