-- echostream:was 2bf0c7fbda549487c00b4fc4334b3865b27476b248add06be5a1431bffa06dc5
-- migrate:up

-- For es_read_many.

GRANT UPDATE (last_read_at, last_read_seq) ON channel_members TO es_batch;
CREATE POLICY batch_marks_read ON channel_members FOR UPDATE TO es_batch USING (true);

-- migrate:down

DROP POLICY batch_marks_read ON channel_members;
REVOKE UPDATE (last_read_at, last_read_seq) ON channel_members FROM es_batch;
