-- migrate:up

-- The tenant's own name for a user: `sub` of tokens that the tenant's issuer signs.
ALTER TABLE users ADD COLUMN external_id text
	CHECK (octet_length(external_id) BETWEEN 1 AND 255);
CREATE UNIQUE INDEX users_external_id_key ON users (tenant_id, external_id);
GRANT UPDATE (external_id) ON users TO echostream_app;

-- An issuer that is an https URL belongs to one tenant: its tokens need no tid. Other names
-- are the tenant's alone, and tokens say the tenant.
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

-- No program has written a row so far.
ALTER TABLE auth_keys
	DROP CONSTRAINT auth_keys_alg_check,
	ADD CONSTRAINT auth_keys_alg_check CHECK (alg IN ('HS256', 'RS256', 'ES256', 'EdDSA')),
	ADD COLUMN issuer text NOT NULL DEFAULT ''
	    CHECK (octet_length(issuer) BETWEEN 0 AND 512),
	ADD COLUMN audience text CHECK (octet_length(audience) BETWEEN 1 AND 512),
	ADD COLUMN provision boolean NOT NULL DEFAULT false,
	ADD COLUMN owners boolean NOT NULL DEFAULT false,
	-- What the URL answered last, and when it was asked. A set that can't be read leaves the
	-- last good one.
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

-- The keys of each issuer, some rows an element. p_tenant is NULL where the token says no
-- tenant: then the issuer has to be one tenant's alone.
CREATE FUNCTION es_auth_keys(p_tenant uuid[], p_issuer text[])
RETURNS TABLE (ord integer, tenant_id uuid, kid text, alg text, secret text, public_key text,
    jwks text, audience text, created_ms bigint, provision boolean, owners boolean,
    has_url boolean, tried_ms bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, k.tenant_id, k.kid, k.alg, encode(k.secret, 'hex'), k.public_key,
	    k.jwks, k.audience, es_ms(k.created_at), k.provision, k.owners,
	    k.jwks_url IS NOT NULL, COALESCE(es_ms(k.jwks_tried_at), 0)
	FROM unnest(p_tenant, p_issuer) WITH ORDINALITY AS w (tenant_id, issuer, ord)
	JOIN LATERAL (SELECT k.* FROM auth_keys k
	    WHERE k.tenant_id = COALESCE(w.tenant_id,
		(SELECT i.tenant_id FROM auth_issuers i WHERE i.issuer = w.issuer))
	    AND k.issuer = w.issuer AND k.revoked_at IS NULL ORDER BY k.kid LIMIT 20) k ON true
	ORDER BY w.ord
$$;

-- The user of each subject, and whether the key that has signed is still there. The tenant's
-- own name comes first: a tenant may number its users by UUIDs, too.
CREATE FUNCTION es_subjects(p_tenant uuid[], p_kid text[], p_created_ms bigint[],
    p_subject text[])
RETURNS TABLE (ord integer, key_there boolean, user_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, EXISTS (SELECT FROM auth_keys k WHERE k.tenant_id = w.tenant_id
		AND k.kid = w.kid AND es_ms(k.created_at) = w.created_ms
		AND k.revoked_at IS NULL),
	    COALESCE(e.id, u.id), COALESCE(e.role, u.role)
	FROM unnest(p_tenant, p_kid, p_created_ms, p_subject) WITH ORDINALITY
	    AS w (tenant_id, kid, created_ms, subject, ord)
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.external_id = w.subject LIMIT 1) e ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = CASE WHEN w.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		THEN w.subject::uuid END LIMIT 1) u ON true
	ORDER BY w.ord
$$;

-- Users that their issuer vouches for and that are not there yet. Of those who come at the
-- same time one is made. An address that somebody else has, or that is missing, is replaced
-- by one that can't be: a token never takes over a user by its e-mail. Under app.tenant.
CREATE FUNCTION es_provision(p_id uuid, p_external text, p_name text, p_email text)
RETURNS TABLE (user_id uuid, role text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	t uuid := current_setting('app.tenant')::uuid;
BEGIN
	BEGIN
		INSERT INTO users (tenant_id, id, email, display_name, role, external_id)
		VALUES (t, p_id, COALESCE(p_email, p_id || '@users.invalid'), p_name, 'member',
		    p_external)
		ON CONFLICT (tenant_id, external_id) DO NOTHING;
	EXCEPTION WHEN unique_violation THEN
		INSERT INTO users (tenant_id, id, email, display_name, role, external_id)
		VALUES (t, p_id, p_id || '@users.invalid', p_name, 'member', p_external)
		ON CONFLICT (tenant_id, external_id) DO NOTHING;
	END;
	RETURN QUERY SELECT u.id, u.role FROM users u
	WHERE u.tenant_id = t AND u.external_id = p_external;
END
$$;

-- Key sets that are due to be read: asked for (at most once a minute) or older than ten
-- minutes. The caller has them to itself for a minute.
CREATE FUNCTION es_jwks_due(p_limit integer)
RETURNS TABLE (tenant_id uuid, kid text, alg text, url text)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	UPDATE auth_keys k SET jwks_tried_at = clock_timestamp()
	FROM (SELECT d.tenant_id, d.kid FROM auth_keys d
	    JOIN tenants t ON t.id = d.tenant_id AND t.status = 'active'
	    WHERE d.jwks_url IS NOT NULL AND d.revoked_at IS NULL
	    AND d.jwks_tried_at < clock_timestamp() - interval '1 minute'
	    AND (d.jwks_wanted_at > d.jwks_tried_at
		OR d.jwks_tried_at < clock_timestamp() - interval '10 minutes')
	    ORDER BY d.jwks_tried_at LIMIT p_limit FOR UPDATE OF d SKIP LOCKED) due
	WHERE k.tenant_id = due.tenant_id AND k.kid = due.kid
	RETURNING k.tenant_id, k.kid, k.alg, k.jwks_url
$$;

-- A token names a key that the set does not have: read the set again, when a minute is over.
-- True when some set of this issuer will be read.
CREATE FUNCTION es_jwks_want(p_tenant uuid, p_issuer text) RETURNS boolean
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	WITH wanted AS (
		UPDATE auth_keys k SET jwks_wanted_at = clock_timestamp()
		WHERE k.tenant_id = p_tenant AND k.issuer = p_issuer AND k.jwks_url IS NOT NULL
		AND k.revoked_at IS NULL
		AND k.jwks_tried_at < clock_timestamp() - interval '1 minute'
		AND (k.jwks_wanted_at IS NULL OR k.jwks_wanted_at < k.jwks_tried_at)
		RETURNING 1)
	SELECT EXISTS (SELECT FROM wanted)
$$;

GRANT EXECUTE ON FUNCTION es_auth_keys, es_subjects, es_provision, es_jwks_due, es_jwks_want
	TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_auth_keys OWNER TO es_lookup;
ALTER FUNCTION es_subjects OWNER TO es_lookup;
ALTER FUNCTION es_jwks_due OWNER TO es_lookup;
ALTER FUNCTION es_jwks_want OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_jwks_want;
DROP FUNCTION es_jwks_due;
DROP FUNCTION es_provision;
DROP FUNCTION es_subjects;
DROP FUNCTION es_auth_keys;
DROP POLICY lookup_reads ON auth_keys;
DROP POLICY lookup_writes ON auth_keys;
REVOKE ALL ON auth_keys FROM es_lookup;
REVOKE UPDATE (jwks_wanted_at, jwks, jwks_fetched_at, jwks_tried_at, jwks_error) ON auth_keys
	FROM es_lookup;
REVOKE DELETE, UPDATE (jwks, jwks_fetched_at, jwks_tried_at, jwks_error) ON auth_keys
	FROM echostream_app;
DROP TABLE auth_issuers;
DROP INDEX auth_keys_jwks_idx;
-- Keys that older programs can't hold are of no use to them.
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
