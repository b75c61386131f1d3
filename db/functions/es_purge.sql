-- Deletes refusals older than 24 hours, revocations of expired tokens, and idempotency
-- keys and keys of changes older than 24 hours, at most p_limit rows of each. Returns how many refusals and
-- revocations it deleted; the caller calls again while one of them is p_limit.
--
-- Caller: fanout, through shared/store/batch_purge.c.

SET LOCAL ROLE es_batch;

CREATE OR REPLACE FUNCTION es_purge(p_limit integer)
RETURNS TABLE (refused bigint, revoked bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
	WITH old AS (
		DELETE FROM refused_messages WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM refused_messages
			WHERE created_at < now() - interval '24 hours'
			LIMIT p_limit FOR UPDATE SKIP LOCKED))
		RETURNING 1
	), gone AS (
		DELETE FROM revoked_tokens WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM revoked_tokens WHERE expires_at < now()
			LIMIT p_limit))
		RETURNING 1
	), keys AS (
		DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM idempotency_keys
			WHERE created_at < now() - interval '24 hours' LIMIT p_limit))
	), changes AS (
		DELETE FROM change_keys WHERE ctid = ANY (ARRAY(
			SELECT ctid FROM change_keys
			WHERE created_at < now() - interval '24 hours' LIMIT p_limit))
	)
	SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)
$$;

REVOKE EXECUTE ON FUNCTION es_purge FROM PUBLIC;
GRANT EXECUTE ON FUNCTION es_purge TO echostream_app;
RESET ROLE;
