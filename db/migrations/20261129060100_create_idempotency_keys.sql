-- echostream:was 7a90353512f152ec901e561cafa3601f32041030af6bc9753cb16b7ea5523d9c
-- migrate:up

-- The id of the row that a POST with an Idempotency-Key creates. The first request with a key
-- chooses the id. A repeat, a concurrent request and a request after a crash then all mean the
-- same row. The answer is not stored: a repeat reads the row. Keys of the operator have the nil
-- tenant. The nil id stands for a deleted channel: a repeat must not create the channel again,
-- because es_purge_channels deletes rows by its id.
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

-- migrate:down

DROP TABLE idempotency_keys;
