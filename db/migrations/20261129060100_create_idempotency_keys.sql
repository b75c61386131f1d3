-- migrate:up

-- What a POST with an Idempotency-Key makes. The id is chosen when the key is first seen and
-- given to whatever is made under it, so that a repeat, a concurrent one and one after a crash
-- all mean the same row. No answer is kept: a repeat reads the row again. Keys of the operator
-- lie under the nil tenant. The nil id stands for a channel that was deleted: a repeat must not
-- make it again, since its rows are purged by its id.
CREATE TABLE idempotency_keys (
	tenant_id uuid NOT NULL,
	actor text NOT NULL CHECK (char_length(actor) BETWEEN 1 AND 64),
	route text NOT NULL CHECK (char_length(route) BETWEEN 1 AND 64),
	key text NOT NULL CHECK (char_length(key) BETWEEN 1 AND 64),
	request_hash bytea NOT NULL CHECK (octet_length(request_hash) = 32),
	resource_id uuid NOT NULL,
	created_at timestamptz NOT NULL DEFAULT now(),
	PRIMARY KEY (tenant_id, actor, route, key)
);
CREATE INDEX idempotency_keys_resource_idx ON idempotency_keys (tenant_id, resource_id);
CREATE INDEX idempotency_keys_age_idx ON idempotency_keys (created_at);
ALTER TABLE idempotency_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY own_tenant ON idempotency_keys TO echostream_app, echostream_owner
	USING (tenant_id = current_setting('app.tenant')::uuid)
	WITH CHECK (tenant_id = current_setting('app.tenant')::uuid);
GRANT SELECT, INSERT, UPDATE (request_hash, resource_id, created_at) ON idempotency_keys
	TO echostream_app;
GRANT SELECT, DELETE ON idempotency_keys TO es_batch;
CREATE POLICY batch_reads ON idempotency_keys FOR SELECT TO es_batch USING (true);
CREATE POLICY batch_deletes ON idempotency_keys FOR DELETE TO es_batch USING (true);

-- As before, and keys of more than 24 hours, in steps of the same size.
DROP FUNCTION es_purge;
CREATE FUNCTION es_purge(p_limit integer)
RETURNS TABLE (refused bigint, revoked bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
	)
	SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)
$$;
GRANT EXECUTE ON FUNCTION es_purge TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch;
ALTER FUNCTION es_purge OWNER TO es_batch;
REVOKE CREATE ON SCHEMA public FROM es_batch;

-- migrate:down

DROP FUNCTION es_purge;
CREATE FUNCTION es_purge(p_limit integer)
RETURNS TABLE (refused bigint, revoked bigint)
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
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
	)
	SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM gone)
$$;
GRANT EXECUTE ON FUNCTION es_purge TO echostream_app;
GRANT CREATE ON SCHEMA public TO es_batch;
ALTER FUNCTION es_purge OWNER TO es_batch;
REVOKE CREATE ON SCHEMA public FROM es_batch;
DROP TABLE idempotency_keys;
