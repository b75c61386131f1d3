-- migrate:up

-- External ids of deleted users, as hashes. The issuer of a tenant may still sign tokens for
-- such an id: they find the deleted user and are refused. Without the row, a key that makes
-- unknown users would make the person again. An owner or admin may give the id to another
-- user; then `users` has it, and comes first.
CREATE TABLE deleted_external_ids (
	tenant_id uuid NOT NULL,
	id_hash bytea NOT NULL CHECK (octet_length(id_hash) = 32),
	user_id uuid NOT NULL, -- the one that was deleted last
	PRIMARY KEY (tenant_id, id_hash)
);

CREATE FUNCTION es_external_hash(p_tenant uuid, p_external text) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT sha256(convert_to(p_tenant || p_external, 'UTF8'))
$$;

-- A deletion and a token that makes the user come one after the other.
CREATE FUNCTION es_external_lock(p_tenant uuid, p_external text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT pg_advisory_xact_lock(hashtextextended(p_tenant || p_external, 0))
$$;

-- Triggers, so that programs of the last release hold the ids, too.
CREATE FUNCTION es_hold_external_id() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	PERFORM es_external_lock(OLD.tenant_id, OLD.external_id);
	INSERT INTO deleted_external_ids (tenant_id, id_hash, user_id)
	VALUES (OLD.tenant_id, es_external_hash(OLD.tenant_id, OLD.external_id), OLD.id)
	ON CONFLICT (tenant_id, id_hash) DO UPDATE SET user_id = excluded.user_id;
	NEW.external_id := NULL;
	RETURN NEW;
END
$$;
CREATE TRIGGER hold_external_id BEFORE UPDATE OF deleted_at ON users FOR EACH ROW
WHEN (OLD.deleted_at IS NULL AND NEW.deleted_at IS NOT NULL AND OLD.external_id IS NOT NULL)
EXECUTE FUNCTION es_hold_external_id();

-- Tokens that were signed for the deleted user do not become tokens of the next one.
CREATE FUNCTION es_renew_external_id() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	IF EXISTS (SELECT FROM deleted_external_ids d WHERE d.tenant_id = NEW.tenant_id
	    AND d.id_hash = es_external_hash(NEW.tenant_id, NEW.external_id)) THEN
		NEW.tokens_valid_after := GREATEST(NEW.tokens_valid_after, clock_timestamp());
	END IF;
	RETURN NEW;
END
$$;
CREATE TRIGGER renew_external_id_of_new BEFORE INSERT ON users FOR EACH ROW
WHEN (NEW.external_id IS NOT NULL) EXECUTE FUNCTION es_renew_external_id();
CREATE TRIGGER renew_external_id BEFORE UPDATE OF external_id ON users FOR EACH ROW
WHEN (NEW.external_id IS DISTINCT FROM OLD.external_id AND NEW.external_id IS NOT NULL)
EXECUTE FUNCTION es_renew_external_id();

-- The owner of the tables is under row-level security like everybody else.
ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
INSERT INTO deleted_external_ids (tenant_id, id_hash, user_id)
SELECT tenant_id, es_external_hash(tenant_id, external_id), id FROM users
WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
UPDATE users SET external_id = NULL WHERE deleted_at IS NOT NULL AND external_id IS NOT NULL;
ALTER TABLE users FORCE ROW LEVEL SECURITY;

ALTER TABLE deleted_external_ids ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON deleted_external_ids TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
CREATE POLICY lookup_reads ON deleted_external_ids FOR SELECT TO es_lookup USING (true);
GRANT SELECT, INSERT, UPDATE (user_id) ON deleted_external_ids TO echostream_app;
GRANT SELECT ON deleted_external_ids TO es_lookup;
GRANT SELECT (deleted_at) ON users TO es_lookup;
GRANT EXECUTE ON FUNCTION es_external_hash TO echostream_app, es_lookup;
GRANT EXECUTE ON FUNCTION es_external_lock TO echostream_app;

-- As before, but the subject of a deleted user is that user.
DROP FUNCTION es_subjects;
CREATE FUNCTION es_subjects(p_tenant uuid[], p_kid text[], p_created_ms bigint[],
    p_subject text[])
RETURNS TABLE (ord integer, key_there boolean, user_id uuid, role text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT w.ord::integer, EXISTS (SELECT FROM auth_keys k WHERE k.tenant_id = w.tenant_id
		AND k.kid = w.kid AND es_ms(k.created_at) = w.created_ms
		AND k.revoked_at IS NULL),
	    COALESCE(e.id, d.id, u.id), COALESCE(e.role, d.role, u.role)
	FROM unnest(p_tenant, p_kid, p_created_ms, p_subject) WITH ORDINALITY
	    AS w (tenant_id, kid, created_ms, subject, ord)
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.external_id = w.subject LIMIT 1) e ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM deleted_external_ids x
	    JOIN users u ON u.tenant_id = x.tenant_id AND u.id = x.user_id
	    WHERE x.tenant_id = w.tenant_id
	    AND x.id_hash = es_external_hash(w.tenant_id, w.subject) LIMIT 1) d ON true
	LEFT JOIN LATERAL (SELECT u.id, u.role FROM users u WHERE u.tenant_id = w.tenant_id
	    AND u.id = CASE WHEN w.subject ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
		THEN w.subject::uuid END LIMIT 1) u ON true
	ORDER BY w.ord
$$;
GRANT EXECUTE ON FUNCTION es_subjects TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_subjects OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

CREATE OR REPLACE FUNCTION es_provision(p_id uuid, p_external text, p_name text, p_email text)
RETURNS TABLE (user_id uuid, role text)
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
#variable_conflict use_column
DECLARE
	t uuid := current_setting('app.tenant')::uuid;
BEGIN
	PERFORM es_external_lock(t, p_external);
	-- The statements from here on see a deletion that was under way.
	RETURN QUERY SELECT u.id, u.role FROM deleted_external_ids d
	JOIN users u ON u.tenant_id = t AND u.id = d.user_id
	WHERE d.tenant_id = t AND d.id_hash = es_external_hash(t, p_external)
	AND NOT EXISTS (SELECT FROM users o WHERE o.tenant_id = t AND o.external_id = p_external);
	IF FOUND THEN
		RETURN;
	END IF;
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

-- user_status also says 'deleted', which to programs of the last release is one that is not
-- active.
DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_authenticate', 'u.status, u.role',
		'CASE WHEN u.deleted_at IS NULL THEN u.status ELSE ''deleted'' END, u.role'),
	    ('es_authenticate_many', 'SELECT u.status, u.role',
		'SELECT CASE WHEN u.deleted_at IS NULL THEN u.status ELSE ''deleted'' END AS status, u.role')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		GRANT CREATE ON SCHEMA public TO es_lookup;
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_lookup', edit.name);
		REVOKE CREATE ON SCHEMA public FROM es_lookup;
	END LOOP;
END
$do$;

-- migrate:down

-- The ids do not come back: a token of before may make the user again, if its key does so.
DO $do$
DECLARE
	edit record;
	was text;
BEGIN
	FOR edit IN SELECT * FROM (VALUES
	    ('es_authenticate', 'CASE WHEN u.deleted_at IS NULL THEN u.status ELSE ''deleted'' END, u.role',
		'u.status, u.role'),
	    ('es_authenticate_many', 'SELECT CASE WHEN u.deleted_at IS NULL THEN u.status ELSE ''deleted'' END AS status, u.role',
		'SELECT u.status, u.role')) AS t (name, old, new)
	LOOP
		was := pg_get_functiondef(edit.name::regproc);
		IF strpos(was, edit.old) = 0 THEN
			RAISE EXCEPTION '% has no %', edit.name, edit.old;
		END IF;
		EXECUTE format('DROP FUNCTION %I', edit.name);
		EXECUTE replace(was, edit.old, edit.new);
		EXECUTE format('GRANT EXECUTE ON FUNCTION %I TO echostream_app', edit.name);
		GRANT CREATE ON SCHEMA public TO es_lookup;
		EXECUTE format('ALTER FUNCTION %I OWNER TO es_lookup', edit.name);
		REVOKE CREATE ON SCHEMA public FROM es_lookup;
	END LOOP;
END
$do$;

CREATE OR REPLACE FUNCTION es_provision(p_id uuid, p_external text, p_name text, p_email text)
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

DROP FUNCTION es_subjects;
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
GRANT EXECUTE ON FUNCTION es_subjects TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_lookup;
ALTER FUNCTION es_subjects OWNER TO es_lookup;
REVOKE CREATE ON SCHEMA public FROM es_lookup;

DROP TRIGGER renew_external_id ON users;
DROP TRIGGER renew_external_id_of_new ON users;
DROP TRIGGER hold_external_id ON users;
DROP FUNCTION es_renew_external_id;
DROP FUNCTION es_hold_external_id;
DROP FUNCTION es_external_lock;
REVOKE SELECT (deleted_at) ON users FROM es_lookup;
DROP TABLE deleted_external_ids;
DROP FUNCTION es_external_hash;
