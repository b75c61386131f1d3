-- echostream:was 073b3cb42bcd0f5fb04cb56a459535b3c7fe8d7a2d99d0ce3dead948c884f5d2
-- migrate:up

CREATE TABLE revoked_tokens (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	jti text NOT NULL CHECK (char_length(jti) BETWEEN 1 AND 200),
	expires_at timestamptz NOT NULL,
	PRIMARY KEY (tenant_id, jti)
);
CREATE INDEX revoked_tokens_age_idx ON revoked_tokens (expires_at);

CREATE TABLE api_keys (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	id uuid NOT NULL,
	hash bytea NOT NULL CHECK (octet_length(hash) = 32),
	name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
	scopes text[] NOT NULL DEFAULT '{}',
	created_at timestamptz NOT NULL DEFAULT now(),
	revoked_at timestamptz,
	PRIMARY KEY (tenant_id, id)
);
-- A request presents a key without its tenant.
CREATE UNIQUE INDEX api_keys_hash_key ON api_keys (hash);

CREATE TABLE auth_keys (
	tenant_id uuid NOT NULL REFERENCES tenants (id),
	kid text NOT NULL CHECK (char_length(kid) BETWEEN 1 AND 200),
	alg text NOT NULL CHECK (alg IN ('HS256', 'RS256', 'ES256')),
	public_key text,
	secret bytea,
	jwks_url text,
	created_at timestamptz NOT NULL DEFAULT now(),
	revoked_at timestamptz,
	PRIMARY KEY (tenant_id, kid),
	CHECK (num_nonnulls(public_key, secret, jwks_url) = 1),
	CHECK ((alg = 'HS256') = (secret IS NOT NULL))
);

-- One row. es_recovered() begins a new epoch when numbers may have been given twice.
CREATE TABLE cluster_meta (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	epoch uuid NOT NULL DEFAULT gen_random_uuid(),
	recovered_at timestamptz
);
INSERT INTO cluster_meta DEFAULT VALUES;

ALTER TABLE revoked_tokens ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE api_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
ALTER TABLE auth_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;

CREATE POLICY own_tenant ON revoked_tokens TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON api_keys TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY own_tenant ON auth_keys TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);

GRANT SELECT, INSERT ON revoked_tokens TO echostream_app;
GRANT SELECT, INSERT, UPDATE (name, revoked_at) ON api_keys TO echostream_app;
GRANT SELECT, INSERT, UPDATE (revoked_at) ON auth_keys TO echostream_app;
GRANT SELECT ON cluster_meta TO echostream_app;

-- migrate:down

DROP TABLE cluster_meta;
DROP TABLE auth_keys;
DROP TABLE api_keys;
DROP TABLE revoked_tokens;
