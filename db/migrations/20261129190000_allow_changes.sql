-- migrate:up

-- Contracts: from now on the programs queue envelopes of version 2, which programs before
-- 20261129150000 refuse as malformed.
UPDATE cluster_meta SET envelope_version = 2;

-- migrate:down

UPDATE cluster_meta SET envelope_version = 1;
