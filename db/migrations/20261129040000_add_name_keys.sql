-- echostream:was 8aefe34e78df1ff54483ff297c854eae29d7a2b8a5fdb2b1ccba352ad17a25f4
-- echostream:was f4290e0c8e0a6bc9c09bdcc2dc89f664aa93a8902eb622dc3aa698a7a3c4c741
-- migrate:up

-- Two names that look alike are one name. lower() can't compare them: it depends on the
-- database's locale, and it keeps normalisation forms, widths and invisible characters. So the
-- programs write a key beside each name (shared/unicode: NFKC, full case folding, without
-- default-ignorable characters).

-- The key of a name in a row without one. db/functions/es_name_key.sql explains it.
DO $do$
DECLARE
	-- Without ICU in this PostgreSQL the database's own rules serve.
	rules text := CASE WHEN EXISTS (SELECT FROM pg_collation
	    WHERE collname = 'und-x-icu' AND collencoding IN (-1, (SELECT encoding
		FROM pg_database WHERE datname = current_database())))
	    THEN 'und-x-icu' ELSE 'default' END;
	-- Default_Ignorable_Code_Point of Unicode 15, as ranges of a regular expression.
	ignorable text := '[\u00AD\u034F\u061C\u115F\u1160\u17B4\u17B5\u180B-\u180F'
	    '\u200B-\u200F\u202A-\u202E\u2060-\u206F\u3164\uFE00-\uFE0F\uFEFF\uFFA0'
	    '\uFFF0-\uFFF8\U0001BCA0-\U0001BCA3\U0001D173-\U0001D17A\U000E0000-\U000E0FFF]';
	blanks text := '[\u0009-\u000D\u0020\u0085\u00A0\u1680\u2000-\u200A\u2028\u2029'
	    '\u202F\u205F\u2800\u3000]+';
BEGIN
	EXECUTE format($fn$
CREATE FUNCTION es_name_key(p_name text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	k text;
BEGIN
	IF current_setting('server_encoding') <> 'UTF8' THEN
		RETURN left(lower(p_name), 500);
	END IF;
	-- upper() first splits sharp s and the ligatures. It would also turn dotless i into I,
	-- so U+0001 replaces dotless i meanwhile: no name contains a control character.
	k := translate(normalize(p_name, NFKC), U&'\0131', E'\x01');
	k := lower(upper(k COLLATE %1$I) COLLATE %1$I);
	k := translate(k, U&'\03C2', U&'\03C3');
	k := normalize(translate(k, E'\x01', U&'\0131'), NFKC);
	k := regexp_replace(k, %2$L, '', 'g');
	k := regexp_replace(k, %3$L, '', 'g');
	RETURN left(normalize(k, NFKC), 500);
END
$$
	$fn$, rules, ignorable, '^' || blanks || '|' || blanks || '$');
END
$do$;

ALTER TABLE users ADD COLUMN email_key text COLLATE "C",
	ADD COLUMN name_key text COLLATE "C";
ALTER TABLE channels ADD COLUMN name_key text COLLATE "C";

-- Row-level security applies to the owner of the tables, too.
ALTER TABLE users NO FORCE ROW LEVEL SECURITY;
ALTER TABLE channels NO FORCE ROW LEVEL SECURITY;
UPDATE users SET email_key = es_name_key(email), name_key = es_name_key(display_name);
UPDATE channels SET name_key = es_name_key(name);
-- Rows whose names look alike already stay. The oldest gets the key, so that no other row can
-- take the name. The others get a key that no name has, because it contains U+0001.
UPDATE users u SET email_key = u.email_key || E'\x01' || u.id
FROM (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id, email_key
	ORDER BY created_at, id) AS nth FROM users) t
WHERE t.tenant_id = u.tenant_id AND t.id = u.id AND t.nth > 1;
UPDATE channels c SET name_key = c.name_key || E'\x01' || c.id
FROM (SELECT tenant_id, id, row_number() OVER (PARTITION BY tenant_id, name_key
	ORDER BY created_at, id) AS nth FROM channels WHERE kind = 'channel') t
WHERE t.tenant_id = c.tenant_id AND t.id = c.id AND t.nth > 1;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
ALTER TABLE channels FORCE ROW LEVEL SECURITY;

ALTER TABLE users ALTER COLUMN email_key SET NOT NULL,
	ALTER COLUMN name_key SET NOT NULL;
ALTER TABLE channels ALTER COLUMN name_key SET NOT NULL;

DROP INDEX users_email_key;
CREATE UNIQUE INDEX users_email_key ON users (tenant_id, email_key);
CREATE INDEX users_name_idx ON users (tenant_id, name_key, id);
CREATE INDEX users_role_idx ON users (tenant_id, role, id);
CREATE INDEX users_status_idx ON users (tenant_id, status, id);
DROP INDEX channels_name_key;
-- An archived channel keeps its name, so that it can be restored.
CREATE UNIQUE INDEX channels_name_key ON channels (tenant_id, name_key)
	WHERE kind = 'channel';

-- A program that does not know the keys must not leave them empty or out of date.
CREATE FUNCTION es_users_keys() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.email <> OLD.email AND NEW.email_key = OLD.email_key THEN
		NEW.email_key := NULL;
	END IF;
	IF TG_OP = 'UPDATE' AND NEW.display_name <> OLD.display_name
	    AND NEW.name_key = OLD.name_key THEN
		NEW.name_key := NULL;
	END IF;
	NEW.email_key := COALESCE(NEW.email_key, es_name_key(NEW.email));
	NEW.name_key := COALESCE(NEW.name_key, es_name_key(NEW.display_name));
	RETURN NEW;
END
$$;
CREATE FUNCTION es_channels_keys() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name AND NEW.name_key = OLD.name_key THEN
		NEW.name_key := NULL;
	END IF;
	NEW.name_key := COALESCE(NEW.name_key, es_name_key(NEW.name));
	RETURN NEW;
END
$$;
CREATE TRIGGER users_keys BEFORE INSERT OR UPDATE OF email, display_name ON users
	FOR EACH ROW EXECUTE FUNCTION es_users_keys();
CREATE TRIGGER channels_keys BEFORE INSERT OR UPDATE OF name ON channels
	FOR EACH ROW EXECUTE FUNCTION es_channels_keys();

GRANT UPDATE (email_key, name_key) ON users TO echostream_app;
GRANT UPDATE (name_key) ON channels TO echostream_app;
GRANT EXECUTE ON FUNCTION es_name_key TO echostream_app, es_operator;

-- migrate:down

DROP TRIGGER channels_keys ON channels;
DROP TRIGGER users_keys ON users;
DROP FUNCTION es_channels_keys;
DROP FUNCTION es_users_keys;
ALTER TABLE channels DROP COLUMN name_key;
ALTER TABLE users DROP COLUMN email_key, DROP COLUMN name_key;
DROP FUNCTION es_name_key;
DROP INDEX users_role_idx;
DROP INDEX users_status_idx;
CREATE UNIQUE INDEX users_email_key ON users (tenant_id, lower(email));
CREATE UNIQUE INDEX channels_name_key ON channels (tenant_id, lower(name))
	WHERE kind = 'channel';
