-- echostream:was e5fd300a5b3bfc491dad4d1365ed6d5c0d13c39386e2ede7ce8fa7623d917a47
-- migrate:up

-- Which fanout holds each partition of the queue, and up to which position the partition is
-- committed. Rows of this table and the next belong to no tenant: the application reaches them
-- through functions only.
CREATE TABLE queue_partitions (
	partition integer PRIMARY KEY CHECK (partition BETWEEN 0 AND 255),
	epoch bigint NOT NULL,
	owner text NOT NULL,
	until timestamptz NOT NULL,
	done_id text
) WITH (fillfactor = 20);

-- Entries of the queue that no repeat can commit. Tenant and channel are text, because they
-- may not be valid ids.
CREATE TABLE dead_letters (
	id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	created_at timestamptz NOT NULL DEFAULT now(),
	source text NOT NULL,
	source_id text NOT NULL,
	tenant text,
	channel text,
	envelope_id text,
	sqlstate text,
	reason text NOT NULL,
	entry bytea NOT NULL,
	UNIQUE (source, source_id)
);

-- migrate:down

DROP TABLE dead_letters;
DROP TABLE queue_partitions;
