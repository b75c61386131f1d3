/* Sending into SQS from an event loop. */
#include "cunit_main.h"

#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "ev_until.h"
#include "queue/queue_async.h"
#include "queue_leasing.h"

#include "core/banned.h"

struct fixture {
	struct leasing l;
	struct ev_loop *loop;
	struct queue_async *async;
	int answers, good, away, wanted;
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
	f->away += rc == ES_UNAVAILABLE;
	if (f->close_in_done && f->async != NULL)
		queue_async_close(&f->async);
}

static bool
has_answers(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->answers >= f->wanted;
}

static bool
is_up(const void *ctx)
{
	return queue_async_up(((const struct fixture *)ctx)->async);
}

static void
setup(struct fixture *f)
{
	*f = (struct fixture){.loop = ev_loop_new(0)};
	leasing_setup(&f->l);
	CHECK(queue_async_open(f->loop, &f->l.settings, &f->async, &f->l.err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	queue_async_close(&f->async);
	leasing_teardown(&f->l);
	ev_loop_destroy(f->loop);
}

static enum es_code
put(struct fixture *f, const char *group, const char *text)
{
	static unsigned number;
	/* The queue copies the message, so the caller may change its text at once. */
	char *copy = arena_strdup(f->l.a, text);
	enum es_code rc;

	f->sending = true;
	rc = queue_async_send(f->async,
	    &(struct queue_msg){.body = copy,
		.len = strlen(copy),
		.group = group,
		.dedupe = arena_printf(f->l.a, "a%.6f-%u", ev_time(), number++)},
	    on_done, f, &f->l.err);
	f->sending = false;
	memset(copy, '#', strlen(copy));
	return rc;
}

static bool
wait_answers(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_answers, f);
}

static void
keeps_the_order_in_batches_of_ten(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 12; i++)
		CU_ASSERT_EQUAL(put(&f, "g", arena_printf(f.l.a, "%d", i)), ES_OK);
	CU_ASSERT_EQUAL(f.answers, 0);
	CU_ASSERT_TRUE(wait_answers(&f, 12));
	CU_ASSERT_EQUAL(f.good, 12);
	CU_ASSERT_EQUAL(leasing_count(&f.l, "SendMessageBatch"), 2);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f.l, 12), "0,1,2,3,4,5,6,7,8,9,10,11");
	teardown(&f);
}

static void
many_groups_are_in_flight_at_once(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 200; i++)
		CU_ASSERT_EQUAL(put(&f, arena_printf(f.l.a, "g%d", i % 50), "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 200));
	CU_ASSERT_EQUAL(f.good, 200);
	CU_ASSERT_TRUE(leasing_count(&f.l, "SendMessageBatch") < 60);
	CU_ASSERT_EQUAL(strlen(leasing_consume(&f.l, 200)), 399);
	teardown(&f);
}

static void
sends_the_failed_entries_of_a_batch_again(void)
{
	struct fixture f;

	setup(&f);
	(void)leasing_control(&f.l, "fault",
	    "{\"action\":\"SendMessageBatch\",\"entries\":[1,2],\"name\":"
	    "\"InternalError\"}");
	for (int i = 0; i < 4; i++)
		CU_ASSERT_EQUAL(put(&f, "g", arena_printf(f.l.a, "%d", i)), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 4));
	CU_ASSERT_EQUAL(f.good, 4);
	CU_ASSERT_EQUAL(leasing_count(&f.l, "SendMessageBatch"), 2);
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f.l, 4), "0,3,1,2");
	teardown(&f);
}

static void
repeats_throttled_sends_then_reports_the_error(void)
{
	struct fixture f;

	setup(&f);
	(void)leasing_control(
	    &f.l, "fault", "{\"name\":\"ThrottlingException\",\"times\":2}");
	CU_ASSERT_EQUAL(put(&f, "g", "a"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	CU_ASSERT_EQUAL(f.good, 1);
	CU_ASSERT_TRUE(queue_async_up(f.async));
	(void)leasing_control(
	    &f.l, "fault", "{\"name\":\"ThrottlingException\",\"times\":3}");
	CU_ASSERT_EQUAL(put(&f, "g", "b"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.away, 1);
	CU_ASSERT_FALSE(queue_async_up(f.async));
	/* after the back-off queue_async_up() returns true, although nothing was sent */
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_up, &f));
	CU_ASSERT_EQUAL(put(&f, "g", "c"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_EQUAL(f.good, 2);
	CU_ASSERT_TRUE(queue_async_up(f.async));
	CU_ASSERT_STRING_EQUAL(leasing_consume(&f.l, 2), "a,c");
	teardown(&f);
}

/* SQS refuses the keys, and the endpoint of the keys answers 401. The driver backs off
 * between its requests. */
static void
refused_keys_are_not_tried_in_a_loop(void)
{
	struct fixture f;
	int64_t end_ms;
	int before;

	setup(&f);
	queue_async_close(&f.async);
	f.l.aws.access_key = f.l.aws.secret_key = "";
	f.l.aws.container_url =
	    arena_printf(f.l.a, "%s/_test/credentials", leasing_endpoint());
	(void)leasing_control(
	    &f.l, "keys", "{\"access\":\"AK7\",\"secret\":\"s7\",\"token\":\"t7\"}");
	CHECK(queue_async_open(f.loop, &f.l.settings, &f.async, &f.l.err) == ES_OK);
	CU_ASSERT_EQUAL(put(&f, "g", "a"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	(void)leasing_control(&f.l, "keys",
	    "{\"access\":\"AK7\",\"secret\":\"s8\",\"token\":\"t7\",\"shown\":"
	    "\"other\"}");
	before = leasing_count(&f.l, "SendMessageBatch");
	end_ms = clock_mono_ms() + 1500;
	while (clock_mono_ms() < end_ms) {
		CU_ASSERT_EQUAL(put(&f, "g", "b"), ES_OK);
		CU_ASSERT_TRUE(wait_answers(&f, f.answers + 1));
	}
	CU_ASSERT_TRUE(leasing_count(&f.l, "SendMessageBatch") - before < 30);
	CU_ASSERT_FALSE(queue_async_up(f.async));
	(void)leasing_control(
	    &f.l, "keys", "{\"access\":\"AK7\",\"secret\":\"s7\",\"token\":\"t7\"}");
	CU_ASSERT_EQUAL(put(&f, "g", "c"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, f.answers + 1));
	CU_ASSERT_EQUAL(f.good, 2);
	teardown(&f);
}

static void
refuses_at_once_a_message_that_sqs_would_refuse(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(put(&f, "g", "\002"), ES_INVALID);
	CU_ASSERT_EQUAL(f.answers, 0);
	teardown(&f);
}

static void
a_server_without_an_answer_is_es_unavailable(void)
{
	struct fixture f;

	setup(&f);
	queue_async_close(&f.async);
	f.l.aws.timeout_ms = 300;
	CHECK(queue_async_open(f.loop, &f.l.settings, &f.async, &f.l.err) == ES_OK);
	(void)leasing_control(&f.l, "fault", "{\"hang\":true,\"times\":1}");
	CU_ASSERT_EQUAL(put(&f, "g", "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	CU_ASSERT_EQUAL(f.away, 1);
	teardown(&f);
}

static void
closing_the_queue_answers_all_sends(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 30; i++)
		CU_ASSERT_EQUAL(put(&f, "g", "x"), ES_OK);
	(void)ev_run(f.loop, EVRUN_NOWAIT);
	queue_async_close(&f.async);
	CU_ASSERT_EQUAL(f.answers, 30);
	teardown(&f);
	setup(&f);
	for (int i = 0; i < 30; i++)
		CU_ASSERT_EQUAL(put(&f, "g", "x"), ES_OK);
	f.close_in_done = true;
	CU_ASSERT_TRUE(wait_answers(&f, 30));
	(void)ev_run(f.loop, EVRUN_NOWAIT);
	CU_ASSERT_EQUAL(f.answers, 30);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"keeps the order, in batches of ten", keeps_the_order_in_batches_of_ten},
    {"many groups are in flight at once", many_groups_are_in_flight_at_once},
    {"sends the failed entries of a batch again",
	sends_the_failed_entries_of_a_batch_again},
    {"repeats throttled sends, then reports the error",
	repeats_throttled_sends_then_reports_the_error},
    {"refuses at once a message that SQS would refuse",
	refuses_at_once_a_message_that_sqs_would_refuse},
    {"refused keys are not tried in a loop", refused_keys_are_not_tried_in_a_loop},
    {"a server without an answer is ES_UNAVAILABLE",
	a_server_without_an_answer_is_es_unavailable},
    {"closing the queue answers all sends", closing_the_queue_answers_all_sends},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/async sqs", cases)
