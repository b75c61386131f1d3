-- echostream:was bb9322bd56fe439debe377c6f422c6f61e1440aeba6ff764aa8d74cb6f2b55b1
-- migrate:up

-- PostgreSQL checks the new foreign key as the owner of the tables, under row-level security,
-- which needs app.tenant. No tenant has this id: the new column is empty, so there is nothing
-- to check.
SET LOCAL app.tenant = '00000000-0000-0000-0000-000000000000';
ALTER TABLE api_keys
	-- The last characters of the key, so that people can recognise it.
	ADD COLUMN hint text NOT NULL DEFAULT '' CHECK (char_length(hint) <= 8),
	ADD COLUMN bot_user_id uuid,
	ADD COLUMN created_by uuid, -- NULL: a key created it
	ADD COLUMN expires_at timestamptz,
	ADD COLUMN last_used_at timestamptz,
	ADD CONSTRAINT api_keys_bot_fkey FOREIGN KEY (tenant_id, bot_user_id)
	    REFERENCES users (tenant_id, id);
RESET app.tenant;
CREATE INDEX api_keys_bot_idx ON api_keys (tenant_id, bot_user_id);
GRANT UPDATE (last_used_at), DELETE ON api_keys TO echostream_app;

-- migrate:down

REVOKE UPDATE (last_used_at), DELETE ON api_keys FROM echostream_app;
DROP INDEX api_keys_bot_idx;
-- A key that expires must not become one that never does: revoke it.
ALTER TABLE api_keys NO FORCE ROW LEVEL SECURITY;
UPDATE api_keys SET revoked_at = now() WHERE expires_at IS NOT NULL AND revoked_at IS NULL;
ALTER TABLE api_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys
	DROP CONSTRAINT api_keys_bot_fkey,
	DROP COLUMN last_used_at,
	DROP COLUMN expires_at,
	DROP COLUMN created_by,
	DROP COLUMN bot_user_id,
	DROP COLUMN hint;
