-- echostream:was abdfb0f4ac8e14f0cba9ee8709bec055af538ea9424ef5247c29f3459ac6d503
-- migrate:up

-- A revocation covers all tokens that EchoStream has issued to the user so far, also when a
-- program of the release before writes it. db/functions/es_users_cutoff.sql explains how.
CREATE FUNCTION es_users_cutoff() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
	least timestamptz := clock_timestamp();
BEGIN
	IF OLD.tokens_valid_after >= date_trunc('second', least) THEN
		least := date_trunc('second', least) + interval '1 second';
	END IF;
	NEW.tokens_valid_after := GREATEST(NEW.tokens_valid_after, OLD.tokens_valid_after,
	    least);
	RETURN NEW;
END
$$;
CREATE TRIGGER users_cutoff BEFORE UPDATE OF tokens_valid_after ON users
	FOR EACH ROW EXECUTE FUNCTION es_users_cutoff();

-- migrate:down

DROP TRIGGER users_cutoff ON users;
DROP FUNCTION es_users_cutoff;
