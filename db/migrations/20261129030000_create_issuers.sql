-- echostream:was 3cade8e25786613920c7b1e15e329ae921ea1258f089e12b11dee9a8df968e88
-- migrate:up

-- The tenant's own id of a user: `sub` of tokens that the tenant's issuer signs.
ALTER TABLE users ADD COLUMN external_id text
	CHECK (octet_length(external_id) BETWEEN 1 AND 255);
CREATE UNIQUE INDEX users_external_id_key ON users (tenant_id, external_id);
GRANT UPDATE (external_id) ON users TO echostream_app;

-- An issuer that is an https URL belongs to one tenant, so its tokens need no tid. Other names
-- of issuers may occur in several tenants, so their tokens name the tenant.
CREATE TABLE auth_issuers (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	issuer text NOT NULL CHECK (octet_length(issuer) BETWEEN 1 AND 512),
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, issuer)
);
CREATE UNIQUE INDEX auth_issuers_issuer_key ON auth_issuers (issuer);
ALTER TABLE auth_issuers ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON auth_issuers TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
GRANT SELECT, INSERT, DELETE ON auth_issuers TO echostream_app;

-- The table is empty: no program has written a row so far.
ALTER TABLE auth_keys
	DROP CONSTRAINT auth_keys_alg_check,
	ADD CONSTRAINT auth_keys_alg_check CHECK (alg IN ('HS256', 'RS256', 'ES256', 'EdDSA')),
	ADD COLUMN issuer text NOT NULL DEFAULT ''
	    CHECK (octet_length(issuer) BETWEEN 0 AND 512),
	ADD COLUMN audience text CHECK (octet_length(audience) BETWEEN 1 AND 512),
	ADD COLUMN provision boolean NOT NULL DEFAULT false,
	ADD COLUMN owners boolean NOT NULL DEFAULT false,
	-- The last good key set (JWKS) of the URL, and when it was fetched. A failed fetch keeps
	-- the set.
	ADD COLUMN jwks text CHECK (octet_length(jwks) <= 65536),
	ADD COLUMN jwks_fetched_at timestamptz,
	ADD COLUMN jwks_tried_at timestamptz,
	ADD COLUMN jwks_wanted_at timestamptz,
	ADD COLUMN jwks_error text CHECK (char_length(jwks_error) <= 200);
CREATE INDEX auth_keys_jwks_idx ON auth_keys (jwks_tried_at) WHERE jwks_url IS NOT NULL;
GRANT DELETE, UPDATE (jwks, jwks_fetched_at, jwks_tried_at, jwks_error) ON auth_keys
	TO echostream_app;

GRANT SELECT ON auth_keys, auth_issuers TO es_lookup;
GRANT UPDATE (jwks, jwks_fetched_at, jwks_tried_at, jwks_wanted_at, jwks_error) ON auth_keys
	TO es_lookup;
GRANT SELECT (external_id) ON users TO es_lookup;
CREATE POLICY lookup_reads ON auth_keys FOR SELECT TO es_lookup USING (true);
CREATE POLICY lookup_writes ON auth_keys FOR UPDATE TO es_lookup USING (true);
CREATE POLICY lookup_reads ON auth_issuers FOR SELECT TO es_lookup USING (true);

-- migrate:down

DROP POLICY lookup_reads ON auth_keys;
DROP POLICY lookup_writes ON auth_keys;
REVOKE ALL ON auth_keys FROM es_lookup;
REVOKE UPDATE (jwks_wanted_at, jwks, jwks_fetched_at, jwks_tried_at, jwks_error) ON auth_keys
	FROM es_lookup;
REVOKE DELETE, UPDATE (jwks, jwks_fetched_at, jwks_tried_at, jwks_error) ON auth_keys
	FROM echostream_app;
DROP TABLE auth_issuers;
DROP INDEX auth_keys_jwks_idx;
-- Older programs can't use these keys.
ALTER TABLE auth_keys NO FORCE ROW LEVEL SECURITY;
DELETE FROM auth_keys WHERE alg = 'EdDSA';
ALTER TABLE auth_keys FORCE ROW LEVEL SECURITY;
ALTER TABLE auth_keys
	DROP COLUMN issuer,
	DROP COLUMN audience,
	DROP COLUMN provision,
	DROP COLUMN owners,
	DROP COLUMN jwks,
	DROP COLUMN jwks_fetched_at,
	DROP COLUMN jwks_tried_at,
	DROP COLUMN jwks_wanted_at,
	DROP COLUMN jwks_error,
	DROP CONSTRAINT auth_keys_alg_check,
	ADD CONSTRAINT auth_keys_alg_check CHECK (alg IN ('HS256', 'RS256', 'ES256'));
REVOKE SELECT (external_id) ON users FROM es_lookup;
DROP INDEX users_external_id_key;
ALTER TABLE users DROP COLUMN external_id;
