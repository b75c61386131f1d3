-- migrate:up

-- A revoked jti belongs to one user, or (user_id all zero) to any user of the tenant. A jti
-- is chosen by the issuer and may be guessable: a row that names its user lets a user revoke
-- its own tokens without being able to revoke the token of another user with the same jti.
-- spares_owners: an admin wrote the row, and an admin does not end tokens of owners.
ALTER TABLE revoked_tokens
	ADD COLUMN user_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	ADD COLUMN spares_owners boolean NOT NULL DEFAULT false,
	DROP CONSTRAINT revoked_tokens_pkey,
	ADD PRIMARY KEY (tenant_id, jti, user_id);
-- Counts what a user has revoked, which has a limit.
CREATE INDEX revoked_tokens_user_idx ON revoked_tokens (tenant_id, user_id);
GRANT UPDATE (expires_at, spares_owners) ON revoked_tokens TO echostream_app;

DROP FUNCTION es_authenticate;
DROP FUNCTION es_authenticate_many;

-- All that a token's bearer is judged by, from one snapshot. No row: no such tenant or user.
CREATE FUNCTION es_authenticate(p_tenant uuid, p_user uuid, p_jti text)
RETURNS TABLE (tenant_status text, acl_version bigint, max_messages_per_second integer,
    settings jsonb, user_status text, role text, display_name text,
    tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings, u.status, u.role,
	    u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = p_tenant AND r.jti = p_jti
		AND r.user_id IN (p_user, '00000000-0000-0000-0000-000000000000')
		AND NOT (r.spares_owners AND u.role = 'owner')),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM tenants t JOIN users u ON u.tenant_id = t.id
	WHERE t.id = p_tenant AND u.id = p_user
$$;

-- es_authenticate for many, a row for each element that is a user of its tenant.
CREATE FUNCTION es_authenticate_many(p_tenant uuid[], p_user uuid[], p_jti text[])
RETURNS TABLE (ord integer, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_status text, role text,
    display_name text, tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, t.status, t.acl_version, t.max_messages_per_second, t.settings,
	    u.status, u.role, u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = w.tenant_id AND r.jti = w.jti
		AND r.user_id IN (w.user_id, '00000000-0000-0000-0000-000000000000')
		AND NOT (r.spares_owners AND u.role = 'owner')),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM unnest(p_tenant, p_user, p_jti) WITH ORDINALITY AS w (tenant_id, user_id, jti, ord)
	JOIN LATERAL (SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings
	    FROM tenants t WHERE t.id = w.tenant_id LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.status, u.role, u.display_name, u.tokens_valid_after FROM users u
	    WHERE u.tenant_id = w.tenant_id AND u.id = w.user_id LIMIT 1) u ON true
	ORDER BY w.ord
$$;

GRANT EXECUTE ON FUNCTION es_authenticate, es_authenticate_many TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_authenticate OWNER TO es_lookup;
ALTER FUNCTION es_authenticate_many OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

-- migrate:down

DROP FUNCTION es_authenticate;
DROP FUNCTION es_authenticate_many;
REVOKE UPDATE (expires_at, spares_owners) ON revoked_tokens FROM echostream_app;
DROP INDEX revoked_tokens_user_idx;
-- A revocation for one user, or for all but owners, becomes one for everybody: the old
-- key has one row for each jti, and forgetting a revocation would be the worse mistake.
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

CREATE FUNCTION es_authenticate(p_tenant uuid, p_user uuid, p_jti text)
RETURNS TABLE (tenant_status text, acl_version bigint, max_messages_per_second integer,
    settings jsonb, user_status text, role text, display_name text,
    tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings, u.status, u.role,
	    u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = p_tenant AND r.jti = p_jti),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM tenants t JOIN users u ON u.tenant_id = t.id
	WHERE t.id = p_tenant AND u.id = p_user
$$;

CREATE FUNCTION es_authenticate_many(p_tenant uuid[], p_user uuid[], p_jti text[])
RETURNS TABLE (ord integer, tenant_status text, acl_version bigint,
    max_messages_per_second integer, settings jsonb, user_status text, role text,
    display_name text, tokens_valid_after_ms bigint, revoked boolean, epoch uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, t.status, t.acl_version, t.max_messages_per_second, t.settings,
	    u.status, u.role, u.display_name, CASE WHEN isfinite(u.tokens_valid_after)
		THEN es_ms(u.tokens_valid_after) ELSE 0 END,
	    EXISTS (SELECT FROM revoked_tokens r
		WHERE r.tenant_id = w.tenant_id AND r.jti = w.jti),
	    (SELECT m.epoch FROM cluster_meta m)
	FROM unnest(p_tenant, p_user, p_jti) WITH ORDINALITY AS w (tenant_id, user_id, jti, ord)
	JOIN LATERAL (SELECT t.status, t.acl_version, t.max_messages_per_second, t.settings
	    FROM tenants t WHERE t.id = w.tenant_id LIMIT 1) t ON true
	JOIN LATERAL (SELECT u.status, u.role, u.display_name, u.tokens_valid_after FROM users u
	    WHERE u.tenant_id = w.tenant_id AND u.id = w.user_id LIMIT 1) u ON true
	ORDER BY w.ord
$$;

GRANT EXECUTE ON FUNCTION es_authenticate, es_authenticate_many TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_authenticate OWNER TO es_lookup;
ALTER FUNCTION es_authenticate_many OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;
