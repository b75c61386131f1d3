-- Several sessions at the same time: locks order the commits, a repeat waits for the first
-- message, and a takeover waits for the running batch. The tests read in pg_stat_activity which
-- session waits, so no test relies on a fixed pause.
\ir lib/helpers.psql
CREATE EXTENSION IF NOT EXISTS dblink;
SELECT no_plan();
SELECT pg_temp.fixture();
SELECT pg_temp.id('f', 1) AS t1, pg_temp.id('f', 2) AS t2, pg_temp.id('c', 1) AS c1,
    pg_temp.id('c', 2) AS c2, pg_temp.id('a', 1) AS a1 \gset

CREATE FUNCTION pg_temp.session(p_name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
	PERFORM dblink_connect(p_name, format('host=%s port=%s dbname=%s user=echostream_app',
	    split_part(current_setting('unix_socket_directories'), ',', 1),
	    current_setting('port'), current_database()));
	PERFORM dblink_exec(p_name, 'SET lock_timeout = ''10s''');
END
$$;
SELECT pg_temp.session(name) FROM unnest(ARRAY['one', 'two']) name \g /dev/null

-- SQL that commits one message, or one for each of two channels.
CREATE FUNCTION pg_temp.one(p_channel uuid, p_key text) RETURNS text LANGUAGE sql AS $$
	SELECT format('SELECT concat_ws('' '', outcome, code, seq) FROM es_batch(NULL, NULL, NULL,
	    ARRAY[%L]::uuid[], ARRAY[%L]::uuid[], ARRAY[%L]::uuid[], ARRAY[%L]::bytea[],
	    ARRAY[''\x00'']::bytea[], ARRAY[%L], ARRAY[''b''])', pg_temp.id('f', 1), p_channel,
	    pg_temp.id('a', 1), pg_temp.key(p_key), p_key)
$$;
CREATE FUNCTION pg_temp.result(p_name text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
	answer text;
BEGIN
	SELECT r.answer INTO answer FROM dblink_get_result(p_name) AS r (answer text);
	PERFORM FROM dblink_get_result(p_name) AS r (answer text); -- reads to the end of the results
	RETURN answer;
END
$$;
-- Returns true when the session waits for a lock, false when it ended without waiting.
CREATE FUNCTION pg_temp.waits(p_name text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
	pid_ integer;
BEGIN
	FOR i IN 1..2000 LOOP
		PERFORM pg_stat_clear_snapshot();
		IF EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()
		    AND usename = 'echostream_app' AND wait_event_type = 'Lock') THEN
			RETURN true;
		ELSIF dblink_is_busy(p_name) = 0 THEN
			RETURN false;
		END IF;
		PERFORM pg_sleep(0.005);
	END LOOP;
	RETURN NULL;
END
$$;

-- two writers, one channel
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT is(r.x, 'committed ok 1', 'the first writer has number 1')
FROM dblink('one', pg_temp.one(:'c1', 'w1')) AS r (x text);
SELECT dblink_send_query('two', pg_temp.one(:'c1', 'w2')) \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'the second writer waits for the first');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), 'committed ok 2', 'the second writer has number 2');

-- a rollback gives its number back
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT is(r.x, 'committed ok 3', 'the first session takes number 3 and does not commit')
FROM dblink('one', pg_temp.one(:'c1', 'w3')) AS r (x text);
SELECT dblink_send_query('two', pg_temp.one(:'c1', 'w4')) \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'another writer waits for the uncommitted number 3');
SELECT dblink_exec('one', 'ROLLBACK') \g /dev/null
SELECT is(pg_temp.result('two'), 'committed ok 3', 'after the rollback of number 3 the other writer takes it');

-- the same message from both sessions
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT is(r.x, 'committed ok 4', 'the first session stores a message and does not commit')
FROM dblink('one', pg_temp.one(:'c1', 'same')) AS r (x text);
SELECT dblink_send_query('two', pg_temp.one(:'c1', 'same')) \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'a repeat waits for the uncommitted message');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), 'repeat ok 4', 'the waiting repeat returns the committed message');

-- archiving and sending: the first to lock decides
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT x FROM dblink('one', format('SELECT set_config(''app.tenant'', %L, true)', :'t1')) AS r (x text) \g /dev/null
SELECT is(r.seq, 5::bigint, 'the first session archives the channel and does not commit') FROM dblink('one', format(
    'SELECT seq FROM es_event(%L, %L, ''channel_archived'', %L, ''{}'')', :'t1', :'c1', :'a1')) AS r (seq bigint);
SELECT dblink_send_query('two', pg_temp.one(:'c1', 'late')) \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'a send waits for the archiving');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), 'refused channel_archived', 'the send after the archiving is refused');
UPDATE channel_heads SET archived = false WHERE channel_id = :'c1';

-- two batches with the same channels in opposite order never deadlock
CREATE FUNCTION pg_temp.crossing(p_name text, p_first uuid, p_second uuid) RETURNS text
LANGUAGE sql AS $$
	SELECT format('DO $do$ BEGIN FOR i IN 1..200 LOOP PERFORM FROM es_batch(NULL, NULL, NULL,
	    ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %3$L]::uuid[], ARRAY[%4$L, %4$L]::uuid[],
	    ARRAY[decode(md5(%5$L || i), ''hex''), decode(md5(%5$L || i), ''hex'')],
	    ARRAY[''\x00'', ''\x00'']::bytea[], ARRAY[''i'', ''i''], ARRAY[''b'', ''b'']);
	    COMMIT; END LOOP; END $do$', pg_temp.id('f', 1), p_first, p_second,
	    pg_temp.id('a', 1), p_name)
$$;
SELECT dblink_send_query('one', pg_temp.crossing('one', :'c1', :'c2')),
    dblink_send_query('two', pg_temp.crossing('two', :'c2', :'c1')) \g /dev/null
SELECT is(r.done, 'DO', 'session one commits its batch') FROM dblink_get_result('one') AS r (done text);
SELECT is(r.done, 'DO', 'session two commits its batch') FROM dblink_get_result('two') AS r (done text);
SELECT count(*) FROM dblink_get_result('one') AS r (done text) \g /dev/null
SELECT count(*) FROM dblink_get_result('two') AS r (done text) \g /dev/null
SELECT is((SELECT last_seq FROM channel_heads WHERE channel_id = :'c2'), 400::bigint,
    'each message of both sessions has a number');
SELECT results_eq(format('SELECT count(*), max(id) FROM messages WHERE channel_id = %L', :'c2'),
    'VALUES (400::bigint, 400::bigint)', 'the numbers have no hole');

-- read marks of the same members in opposite order never deadlock either
CREATE FUNCTION pg_temp.reading(p_first uuid, p_second uuid) RETURNS text
LANGUAGE sql AS $$
	SELECT format('DO $do$ BEGIN FOR i IN 1..200 LOOP PERFORM FROM es_read_many(
	    ARRAY[%1$L, %1$L]::uuid[], ARRAY[%2$L, %3$L]::uuid[], ARRAY[%4$L, %4$L]::uuid[],
	    ARRAY[2 * i, 2 * i]); COMMIT; END LOOP; END $do$', pg_temp.id('f', 1), p_first,
	    p_second, pg_temp.id('a', 1))
$$;
SELECT dblink_send_query('one', pg_temp.reading(:'c1', :'c2')),
    dblink_send_query('two', pg_temp.reading(:'c2', :'c1')) \g /dev/null
SELECT is(r.done, 'DO', 'session one writes its read marks') FROM dblink_get_result('one') AS r (done text);
SELECT is(r.done, 'DO', 'session two writes its read marks') FROM dblink_get_result('two') AS r (done text);
SELECT count(*) FROM dblink_get_result('one') AS r (done text) \g /dev/null
SELECT count(*) FROM dblink_get_result('two') AS r (done text) \g /dev/null
SELECT is(last_read_seq, 400::bigint, 'each read mark has the largest number') FROM channel_members
WHERE channel_id = :'c2' AND user_id = :'a1';

-- a takeover waits for the running batch; the old owner can't commit afterwards
SELECT x FROM dblink('one', 'SELECT epoch FROM es_partition_claim(250, ''one'', 0)') AS r (x text) \g /dev/null
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT x FROM dblink('one', 'SELECT count(*) FROM es_batch(250, 1, NULL, ''{}'', ''{}'', ''{}'',
    ''{}'', ''{}'', ''{}'', ''{}'')') AS r (x text) \g /dev/null
SELECT dblink_send_query('two', 'SELECT epoch FROM es_partition_claim(250, ''two'', 60000)') \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'a takeover waits for the batch that holds the partition');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), '2', 'after the batch the takeover has the partition');
SELECT throws_ok($$ SELECT dblink('one', 'SELECT count(*) FROM es_batch(250, 1, ''9-9'', ''{}'', ''{}'', ''{}'',
    ''{}'', ''{}'', ''{}'', ''{}'')') $$, 'ES001', NULL, 'the former owner is refused');

-- two sessions fence and renew the same partitions in different orders without a deadlock
SELECT x FROM dblink('one', 'SELECT count(p.epoch) FROM unnest(ARRAY[251, 252, 253]) n,
    es_partition_claim(n, ''one'', 60000) p') AS r (x text) \g /dev/null
CREATE FUNCTION pg_temp.fences(p_partitions text) RETURNS text LANGUAGE sql AS $$
	SELECT format('DO $do$ BEGIN FOR i IN 1..300 LOOP
	    PERFORM es_batch_many(%1$L, ''{1,1,1}'', ARRAY[i || ''-0'', i || ''-0'', i || ''-0''], ''{}'', ''{}'',
	    ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'');
	    COMMIT; PERFORM es_partition_renew(%1$L, ''{1,1,1}'', 60000); COMMIT; END LOOP; END $do$', p_partitions)
$$;
SELECT dblink_send_query('one', pg_temp.fences('{251,252,253}')),
    dblink_send_query('two', pg_temp.fences('{253,252,251}')) \g /dev/null
SELECT is(r.done, 'DO', 'session one fences its partitions') FROM dblink_get_result('one') AS r (done text);
SELECT is(r.done, 'DO', 'session two fences them in another order') FROM dblink_get_result('two') AS r (done text);
SELECT count(*) FROM dblink_get_result('one') AS r (done text) \g /dev/null
SELECT count(*) FROM dblink_get_result('two') AS r (done text) \g /dev/null

-- a takeover waits for a batch that has the partition among others
SELECT x FROM dblink('one', 'SELECT es_partition_release(n, 1) FROM unnest(ARRAY[252, 253]) n') AS r (x text) \g /dev/null
SELECT dblink_exec('one', 'BEGIN') \g /dev/null
SELECT x FROM dblink('one', 'SELECT count(*) FROM es_batch_many(''{251,252}'', ''{1,1}'', ''{7-0,7-0}'', ''{}'', ''{}'',
    ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'')') AS r (x text) \g /dev/null
SELECT is(r.x, '2', 'a partition that is not in the batch is taken over at once')
FROM dblink('two', 'SELECT epoch FROM es_partition_claim(253, ''two'', 60000)') AS r (x text);
SELECT dblink_send_query('two', 'SELECT epoch FROM es_partition_claim(252, ''two'', 60000)') \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'a takeover waits for the batch that has the partition among others');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), '2', 'after the batch the takeover has the partition');
SELECT throws_ok($$ SELECT dblink('one', 'SELECT count(*) FROM es_batch_many(''{251,252}'', ''{1,1}'',
    ''{9-9,9-9}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'', ''{}'')') $$, 'ES001', NULL,
    'the former owner of one of them is refused');
SELECT is(string_agg(done_id, ' ' ORDER BY partition), '7-0 7-0', 'the refused batch stores no position')
FROM queue_partitions WHERE partition IN (251, 252);

-- a token that would create a user waits for the user's deletion, and finds the deleted user
UPDATE users SET external_id = 'gone' WHERE tenant_id = :'t1' AND id = :'a1';
SELECT dblink_exec('one', 'BEGIN'), dblink_exec('two', 'BEGIN') \g /dev/null
SELECT dblink_exec(name, format('SET LOCAL app.tenant = %L', :'t1'))
FROM unnest(ARRAY['one', 'two']) name \g /dev/null
SELECT dblink_exec('one', format('UPDATE users SET status = ''deactivated'', deleted_at = now()
    WHERE tenant_id = %L AND id = %L', :'t1', :'a1')) \g /dev/null
SELECT dblink_send_query('two', 'SELECT user_id FROM es_provision(gen_random_uuid(), ''gone'',
    ''Gone'', NULL)') \g /dev/null
SELECT is(pg_temp.waits('two'), true, 'es_provision waits for the deletion of the user');
SELECT dblink_exec('one', 'COMMIT') \g /dev/null
SELECT is(pg_temp.result('two'), :'a1', 'es_provision then creates no other user');
SELECT dblink_exec('two', 'COMMIT') \g /dev/null

SELECT dblink_disconnect(name) FROM unnest(ARRAY['one', 'two']) name \g /dev/null
DROP EXTENSION dblink;
DELETE FROM queue_partitions WHERE partition BETWEEN 250 AND 253;
DELETE FROM messages WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM channel_events WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM channel_members WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM channel_heads WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM refused_messages WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM channels WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM deleted_external_ids WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM users WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM tenant_origins WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM idempotency_keys WHERE tenant_id IN (:'t1', :'t2');
DELETE FROM tenants WHERE id IN (:'t1', :'t2');
SELECT * FROM finish();
