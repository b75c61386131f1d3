-- migrate:up

-- Every writer of tokens_valid_after, also a program of the release before, gets a value
-- that covers all tokens which EchoStream has minted for the user so far. Such a token has
-- the iat of the database's clock, or of the second after an earlier value. So the new
-- value is at least this clock, and a second later than the one before: a second
-- revocation within a second also ends what was minted between the two. The trigger runs
-- when the row is locked, and a program that mints a token locks the same row: each token
-- gets its iat either before the revocation or after it.
CREATE FUNCTION es_users_cutoff() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
	NEW.tokens_valid_after := GREATEST(NEW.tokens_valid_after, clock_timestamp(),
	    OLD.tokens_valid_after + interval '1 second');
	RETURN NEW;
END
$$;
CREATE TRIGGER users_cutoff BEFORE UPDATE OF tokens_valid_after ON users
	FOR EACH ROW EXECUTE FUNCTION es_users_cutoff();

-- migrate:down

DROP TRIGGER users_cutoff ON users;
DROP FUNCTION es_users_cutoff;
