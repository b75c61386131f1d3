/* The queue on Redis when Redis is killed, frozen, flushed or wrongly configured. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "redis_server.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server;
	struct queue *q;
	struct redis *r;
	struct arena *a;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	struct queue_settings settings = {
	    .url = "redis:", .partitions = 2, .max_bytes = 100, .timeout_ms = 300};

	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	settings.redis_url = redis_server_url(f->server);
	CHECK(queue_open(&settings, &f->q, &f->err) == ES_OK);
	CHECK(redis_open(settings.redis_url, 5000, &f->r, &f->err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	queue_close(&f->q);
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static enum es_code
put(struct fixture *f, const char *body)
{
	return queue_send(f->q,
	    &(struct queue_msg){
		.body = body, .len = strlen(body), .group = "g", .dedupe = "d"},
	    &f->err);
}

static void
expect_stats(struct fixture *f, int64_t messages, int64_t bytes)
{
	struct queue_stats s;

	CU_ASSERT_EQUAL_FATAL(queue_stats(f->q, &s, &f->err), ES_OK);
	CU_ASSERT_EQUAL(s.messages, messages);
	CU_ASSERT_EQUAL(s.bytes, bytes);
}

static void
accepted_messages_survive_a_kill(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(put(&f, "first"), ES_OK);
	redis_server_kill(f.server);
	CU_ASSERT_EQUAL(put(&f, "lost"), ES_UNAVAILABLE);
	redis_server_again(f.server);
	expect_stats(&f, 1, 5);
	CU_ASSERT_EQUAL(put(&f, "second"), ES_OK);
	expect_stats(&f, 2, 11);
	teardown(&f);
}

static void
a_send_without_an_answer_is_es_unavailable(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(put(&f, "first"), ES_OK);
	redis_server_freeze(f.server);
	CU_ASSERT_EQUAL(put(&f, "slow"), ES_UNAVAILABLE);
	redis_server_thaw(f.server);
	teardown(&f);
}

static void
run(struct fixture *f, const char *a, const char *b, const char *c, const char *d)
{
	struct redis_value v;

	CU_ASSERT_EQUAL(redis_text(f->r, f->a, &v, &f->err, a, b, c, d, NULL), ES_OK);
}

static void
the_byte_counter_is_right_again_after_a_flush(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(put(&f, "12345"), ES_OK);
	run(&f, "DEL", "es:q:bytes", NULL, NULL);
	expect_stats(&f, 1, -1);
	CU_ASSERT_EQUAL(put(&f, "678"), ES_OK);
	expect_stats(&f, 2, 8);
	run(&f, "HSET", "es:q:bytes", "total", "-7");
	run(&f, "DEL", "es:q:0", "es:q:1", NULL);
	expect_stats(&f, 0, 0);
	CU_ASSERT_EQUAL(put(&f, "1234"), ES_OK);
	expect_stats(&f, 1, 4);
	run(&f, "FLUSHALL", NULL, NULL, NULL);
	CU_ASSERT_EQUAL(put(&f, "123456"), ES_OK);
	expect_stats(&f, 1, 6);
	teardown(&f);
}

static void
the_byte_counter_is_right_again_after_a_trim_by_hand(void)
{
	struct fixture f;
	struct queue_msg got[4];
	size_t n;
	const unsigned p = queue_partition_of("g", 2);
	const char *key;

	setup(&f);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(put(&f, "1234567890"), ES_OK);
	CU_ASSERT_EQUAL(put(&f, "x"), ES_QUEUE_FULL);
	key = arena_printf(f.a, "es:q:%u", p);
	run(&f, "XTRIM", key, "MAXLEN", "1");
	CU_ASSERT_EQUAL(queue_receive(f.q, p, "", 4, 0, f.a, got, &n, &f.err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_EQUAL(queue_done(f.q, p, got, n, got[0].position, &f.err), ES_OK);
	expect_stats(&f, 0, 0);
	CU_ASSERT_EQUAL(put(&f, "1234567890"), ES_OK);
	expect_stats(&f, 1, 10);
	teardown(&f);
}

static void
queue_check_names_the_fault(void)
{
	static const struct {
		const char *setting, *wrong, *right;
	} settings[] = {
	    {"appendfsync", "everysec", "always"},
	    {"maxmemory-policy", "allkeys-lru", "noeviction"},
	    {"appendonly", "no", "yes"},
	};
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	for (size_t i = 0; i < ES_COUNT(settings); i++) {
		run(&f, "CONFIG", "SET", settings[i].setting, settings[i].wrong);
		CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(f.err.field, settings[i].setting);
		CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, settings[i].wrong));
		run(&f, "CONFIG", "SET", settings[i].setting, settings[i].right);
		CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_OK);
	}
	redis_server_kill(f.server);
	CU_ASSERT_EQUAL(queue_check(f.q, &f.err), ES_UNAVAILABLE);
	teardown(&f);
}

static void
scripts_survive_script_flush(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(put(&f, "1"), ES_OK);
	run(&f, "SCRIPT", "FLUSH", NULL, NULL);
	CU_ASSERT_EQUAL(put(&f, "2"), ES_OK);
	expect_stats(&f, 2, 2);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"accepted messages survive a kill", accepted_messages_survive_a_kill},
    {"a send without an answer is ES_UNAVAILABLE",
	a_send_without_an_answer_is_es_unavailable},
    {"the byte counter is right again after a flush",
	the_byte_counter_is_right_again_after_a_flush},
    {"the byte counter is right again after a trim by hand",
	the_byte_counter_is_right_again_after_a_trim_by_hand},
    {"queue_check() names the fault", queue_check_names_the_fault},
    {"scripts survive SCRIPT FLUSH", scripts_survive_script_flush},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/faults", cases)
