-- echostream:was 3681025c64d45d4bbafe0876222b3b815d907a4ef42e73b080d14657801ea703
-- migrate:up

-- External ids of deleted users, as hashes. The issuer of a tenant may still sign tokens for
-- such an id: they find the deleted user and are refused. Without the row, a key that provisions
-- users would create the user again. An owner or admin may give the id to another user; then the
-- row in `users` comes first.
CREATE TABLE deleted_external_ids (
	tenant_id uuid NOT NULL,
	id_hash bytea NOT NULL CHECK (octet_length(id_hash) = 32),
	user_id uuid NOT NULL, -- the user with this id that was deleted last
	PRIMARY KEY (tenant_id, id_hash)
);

CREATE FUNCTION es_external_hash(p_tenant uuid, p_external text) RETURNS bytea
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT sha256(convert_to(p_tenant || p_external, 'UTF8'))
$$;

-- A deletion and a token that creates the user wait for each other.
CREATE FUNCTION es_external_lock(p_tenant uuid, p_external text) RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, public, pg_temp AS $$
	SELECT pg_advisory_xact_lock(hashtextextended(p_tenant || p_external, 0))
$$;

-- Triggers, so that programs of the last release keep the ids, too.
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

-- Tokens that were signed for the deleted user must not become tokens of the next user.
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

-- Row-level security applies to the owner of the tables, too.
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

-- migrate:down

-- The ids of deleted users are lost: a token may create such a user again, if its key provisions
-- users.
DROP TRIGGER renew_external_id ON users;
DROP TRIGGER renew_external_id_of_new ON users;
DROP TRIGGER hold_external_id ON users;
DROP FUNCTION es_renew_external_id;
DROP FUNCTION es_hold_external_id;
DROP FUNCTION es_external_lock;
REVOKE SELECT (deleted_at) ON users FROM es_lookup;
DROP TABLE deleted_external_ids;
DROP FUNCTION es_external_hash;
