-- Trigger users_keys: fills users.email_key and users.name_key when a program does not. A
-- program older than migration 20261129040000 does not know the columns; without the
-- trigger its row would have no keys, or keep those of the old name.

CREATE OR REPLACE FUNCTION es_users_keys() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
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

REVOKE EXECUTE ON FUNCTION es_users_keys FROM PUBLIC;
