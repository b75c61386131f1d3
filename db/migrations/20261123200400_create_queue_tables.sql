-- migrate:up

-- Who reads which stream of the queue, and how far it is committed. No tenant's data: the
-- application reaches both tables by functions only.
CREATE TABLE queue_partitions (
	partition integer PRIMARY KEY CHECK (partition BETWEEN 0 AND 255),
	epoch bigint NOT NULL,
	owner text NOT NULL,
	until timestamptz NOT NULL,
	done_id text
) WITH (fillfactor = 20);

-- Entries that no retry can help. Tenant and channel are text: they may be rubbish.
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
