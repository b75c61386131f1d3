-- echostream:was 25331e3794335edea70e6b3a6ff4736c3433b04df7bc07f2caec5875e697b26b
-- migrate:up

-- A refusal belongs to one delivery, that is, to one envelope. When the queue delivers the same
-- entry again, its message stays refused, because the sender already knows the refusal. When
-- the sender tries again, es_batch decides again.
ALTER TABLE refused_messages
	ADD COLUMN envelope_id uuid NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
	ADD COLUMN superseded boolean NOT NULL DEFAULT false;
ALTER TABLE refused_messages DROP CONSTRAINT refused_messages_pkey;
ALTER TABLE refused_messages ADD CONSTRAINT refused_messages_pkey
	PRIMARY KEY (tenant_id, channel_id, dedupe_key, envelope_id);

-- migrate:down

-- The refusals of the last day are lost: the old key has room for one of each message.
TRUNCATE refused_messages;
ALTER TABLE refused_messages DROP CONSTRAINT refused_messages_pkey;
ALTER TABLE refused_messages DROP COLUMN envelope_id, DROP COLUMN superseded;
ALTER TABLE refused_messages ADD CONSTRAINT refused_messages_pkey
	PRIMARY KEY (tenant_id, channel_id, dedupe_key);
