-- migrate:up

-- Every writer of tokens_valid_after, also a program of the release before, gets a value
-- that covers all tokens which EchoStream has minted for the user so far. Such a token has
-- the iat of the database's clock, or of the second after it when a revocation lies in its
-- second; none lies further ahead. So the new value is at least this clock, and the next
-- second when an earlier revocation lies in this one. It never runs further ahead, however
-- often tokens are revoked. The trigger runs when the row is locked, and a program that
-- mints a token locks the same row: each token gets its iat either before the revocation or
-- after it.
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
