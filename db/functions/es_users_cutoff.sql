-- Trigger users_cutoff: when any program sets tokens_valid_after, raises the value so
-- that it covers all tokens that EchoStream has issued to the user so far. The iat of
-- such a token is the second of the database's clock, or the next second when a
-- revocation lies in the present one. So the new value is at least the clock, and it is
-- the next second when an earlier revocation lies in the present second. It is never
-- further ahead, however often tokens are revoked. The trigger runs under the lock of
-- the row, and a program that issues a token locks the same row, so a token gets its iat
-- either before the revocation or after it.

CREATE OR REPLACE FUNCTION es_users_cutoff() RETURNS trigger
LANGUAGE plpgsql VOLATILE
SET search_path = pg_catalog, public, pg_temp
AS $$
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

REVOKE EXECUTE ON FUNCTION es_users_cutoff FROM PUBLIC;
