/* Sending from an event loop: the same cases on both drivers. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "ev_until.h"
#include "queue/queue_async.h"
#include "queue/queue_mem.h"
#include "redis_server.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server; /* NULL with mem */
	struct ev_loop *loop;
	struct queue_async *async;
	struct queue *q; /* the receiving end */
	struct arena *a;
	struct es_err err;
	int answers, good, full, away, wanted;
	bool sending, close_in_done;
};

static void
on_done(void *ctx, enum es_code rc, const struct es_err *err)
{
	struct fixture *f = ctx;

	CU_ASSERT_FALSE(f->sending);
	if (rc != ES_OK)
		CU_ASSERT_EQUAL(err->code, rc);
	f->answers++;
	f->good += rc == ES_OK;
	f->full += rc == ES_QUEUE_FULL;
	f->away += rc == ES_UNAVAILABLE;
	if (f->close_in_done && f->async != NULL)
		queue_async_close(&f->async);
}

static bool
is_up(const void *ctx)
{
	return queue_async_up(((const struct fixture *)ctx)->async);
}

static bool
has_answers(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->answers >= f->wanted;
}

static void
setup(struct fixture *f, bool redis)
{
	struct queue_settings settings = {.url = redis ? "redis:" : "mem:async",
	    .partitions = 2,
	    .max_bytes = 100,
	    .timeout_ms = 500};

	*f = (struct fixture){.loop = ev_loop_new(0), .a = arena_new()};
	if (redis) {
		f->server = redis_server_start();
		settings.redis_url = redis_server_url(f->server);
	}
	CHECK(queue_async_open(f->loop, &settings, &f->async, &f->err) == ES_OK);
	CHECK(queue_open(&settings, &f->q, &f->err) == ES_OK);
	CU_ASSERT_TRUE_FATAL(ev_until_now(f->loop, is_up, f));
}

static void
teardown(struct fixture *f)
{
	queue_async_close(&f->async);
	queue_close(&f->q);
	redis_server_end(&f->server);
	ev_loop_destroy(f->loop);
	arena_free(&f->a);
}

static enum es_code
put(struct fixture *f, const char *text)
{
	/* The queue copies the message, so the caller may overwrite its text at once. */
	char copy[128];
	enum es_code rc;

	(void)snprintf(copy, sizeof(copy), "%s", text);
	f->sending = true;
	rc = queue_async_send(f->async,
	    &(struct queue_msg){
		.body = copy, .len = strlen(copy), .group = "g", .dedupe = "d"},
	    on_done, f, &f->err);
	f->sending = false;
	memset(copy, '#', sizeof(copy));
	return rc;
}

static bool
wait_answers(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_answers, f);
}

static void
check_order(bool redis)
{
	struct fixture f;
	struct queue_msg got[32];
	size_t n = 0;

	setup(&f, redis);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_EQUAL(put(&f, arena_printf(f.a, "%d", i)), ES_OK);
	CU_ASSERT_EQUAL(f.answers, 0);
	CU_ASSERT_TRUE(wait_answers(&f, 20));
	CU_ASSERT_EQUAL(f.good, 20);
	CU_ASSERT_EQUAL(queue_receive(f.q, queue_partition_of("g", 2), "", 32, 0, f.a,
			    got, &n, &f.err),
	    ES_OK);
	CU_ASSERT_EQUAL_FATAL(n, 20);
	for (int i = 0; i < 20; i++)
		CU_ASSERT_STRING_EQUAL(got[i].body, arena_printf(f.a, "%d", i));
	teardown(&f);
}

static void
check_full(bool redis)
{
	struct fixture f;

	setup(&f, redis);
	for (int i = 0; i < 11; i++)
		CU_ASSERT_EQUAL(put(&f, "1234567890"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 11));
	CU_ASSERT_EQUAL(f.good, 10);
	CU_ASSERT_EQUAL(f.full, 1);
	teardown(&f);
}

static void
check_close(bool redis)
{
	struct fixture f;

	setup(&f, redis);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(put(&f, "x"), ES_OK);
	queue_async_close(&f.async);
	CU_ASSERT_EQUAL(f.answers, 3);
	teardown(&f);
	setup(&f, redis);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(put(&f, "x"), ES_OK);
	f.close_in_done = true;
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	(void)ev_run(f.loop, EVRUN_NOWAIT);
	CU_ASSERT_EQUAL(f.answers, 3);
	teardown(&f);
}

static void
mem_keeps_the_order(void)
{
	check_order(false);
}

static void
redis_keeps_the_order(void)
{
	check_order(true);
}

static void
mem_accepts_max_bytes_and_refuses_one_byte_more(void)
{
	check_full(false);
}

static void
redis_accepts_max_bytes_and_refuses_one_byte_more(void)
{
	check_full(true);
}

static void
closing_mem_answers_all_sends(void)
{
	check_close(false);
}

static void
closing_redis_answers_all_sends(void)
{
	check_close(true);
}

static void
mem_fails_the_calls_that_a_test_names(void)
{
	struct fixture f;

	setup(&f, false);
	queue_mem_fail(queue_async_mem_queue(f.async),
	    &(struct queue_mem_fault){.first = 1, .times = 1});
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(put(&f, "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_EQUAL(f.away, 1);
	CU_ASSERT_EQUAL(f.good, 2);
	teardown(&f);
}

static void
a_send_without_an_answer_is_es_unavailable(void)
{
	struct fixture f;

	setup(&f, true);
	redis_server_freeze(f.server);
	CU_ASSERT_EQUAL(put(&f, "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	CU_ASSERT_EQUAL(f.away, 1);
	CU_ASSERT_FALSE(queue_async_up(f.async));
	CU_ASSERT_EQUAL(put(&f, "x"), ES_UNAVAILABLE);
	redis_server_thaw(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_up, &f));
	CU_ASSERT_EQUAL(put(&f, "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.good, 1);
	CU_ASSERT_PTR_NULL(queue_async_mem_queue(f.async));
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"mem keeps the order", mem_keeps_the_order},
    {"redis keeps the order", redis_keeps_the_order},
    {"mem accepts max_bytes and refuses one byte more",
	mem_accepts_max_bytes_and_refuses_one_byte_more},
    {"redis accepts max_bytes and refuses one byte more",
	redis_accepts_max_bytes_and_refuses_one_byte_more},
    {"closing mem answers all sends", closing_mem_answers_all_sends},
    {"closing redis answers all sends", closing_redis_answers_all_sends},
    {"mem fails the calls that a test names", mem_fails_the_calls_that_a_test_names},
    {"a send without an answer is ES_UNAVAILABLE",
	a_send_without_an_answer_is_es_unavailable},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/async", cases)
