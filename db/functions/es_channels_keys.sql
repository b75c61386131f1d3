-- Trigger channels_keys: fills channels.name_key when a program does not. A program older
-- than migration 20261129040000 does not know the column; without the trigger its row
-- would have no key, or keep the key of the old name.

CREATE OR REPLACE FUNCTION es_channels_keys() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
BEGIN
	IF TG_OP = 'UPDATE' AND NEW.name <> OLD.name AND NEW.name_key = OLD.name_key THEN
		NEW.name_key := NULL;
	END IF;
	NEW.name_key := COALESCE(NEW.name_key, es_name_key(NEW.name));
	RETURN NEW;
END
$$;

REVOKE EXECUTE ON FUNCTION es_channels_keys FROM PUBLIC;
