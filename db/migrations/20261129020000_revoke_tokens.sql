-- echostream:was 3277d0a05f7edc95191312e0c91903aa97151d63d31717b622b80b50d0509c3d
-- migrate:up

-- A revoked jti belongs to one user, or (user_id all zero) to any user of the tenant. A jti
-- is chosen by the issuer and may be guessable: a row that names its user lets a user revoke
-- its own tokens without being able to revoke the token of another user with the same jti.
-- spares_owners: an admin wrote the row, and an admin can't revoke tokens of owners.
ALTER TABLE revoked_tokens
	ADD COLUMN user_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	ADD COLUMN spares_owners boolean NOT NULL DEFAULT false,
	DROP CONSTRAINT revoked_tokens_pkey,
	ADD PRIMARY KEY (tenant_id, jti, user_id);
-- A user may revoke a limited number of tokens; this index counts them.
CREATE INDEX revoked_tokens_user_idx ON revoked_tokens (tenant_id, user_id);
GRANT UPDATE (expires_at, spares_owners) ON revoked_tokens TO echostream_app;

-- migrate:down

REVOKE UPDATE (expires_at, spares_owners) ON revoked_tokens FROM echostream_app;
DROP INDEX revoked_tokens_user_idx;
-- A revocation for one user, or for all but owners, becomes one for all users: the old key has
-- one row for each jti, and losing a revocation would be the worse mistake.
ALTER TABLE revoked_tokens NO FORCE ROW LEVEL SECURITY;
DELETE FROM revoked_tokens r USING revoked_tokens o
WHERE o.tenant_id = r.tenant_id AND o.jti = r.jti
AND (o.expires_at, o.user_id) > (r.expires_at, r.user_id);
ALTER TABLE revoked_tokens FORCE ROW LEVEL SECURITY;
ALTER TABLE revoked_tokens
	DROP CONSTRAINT revoked_tokens_pkey,
	DROP COLUMN user_id,
	DROP COLUMN spares_owners,
	ADD PRIMARY KEY (tenant_id, jti);
