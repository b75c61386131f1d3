/* The driver fetches a container's keys while the loop that sends to SQS continues. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "ev_until.h"
#include "fake_sqs.h"
#include "queue/queue_async.h"

#include "core/banned.h"

struct fixture {
	struct fake_sqs sqs;
	struct ev_loop *loop;
	struct queue_async *q;
	int sent, answers, good, wanted, turns;
	struct es_err err; /* the error of the last failed send */
	ev_timer tick;
};

static void
on_done(void *ctx, enum es_code rc, const struct es_err *err)
{
	struct fixture *f = ctx;

	f->answers++;
	f->good += rc == ES_OK;
	if (rc != ES_OK)
		f->err = *err;
}

static void
put(struct fixture *f)
{
	char group[16];
	struct es_err err;

	(void)snprintf(group, sizeof(group), "g%d", f->sent++);
	CU_ASSERT_EQUAL(queue_async_send(f->q,
			    &(struct queue_msg){
				.body = "x", .len = 1, .group = group, .dedupe = group},
			    on_done, f, &err),
	    ES_OK);
}

static void
setup(struct fixture *f)
{
	struct es_err err;

	*f = (struct fixture){.loop = ev_loop_new(0)};
	fake_sqs_open(&f->sqs);
	fake_sqs_start(&f->sqs, f->loop);
	CHECK(queue_async_open(f->loop, &f->sqs.settings, &f->q, &err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	queue_async_close(&f->q);
	fake_sqs_close(&f->sqs);
	ev_loop_destroy(f->loop);
}

static bool
has_answers(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->answers >= f->wanted;
}

static bool
wait_answers(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_answers, f);
}

static bool
was_asked(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->sqs.asked >= f->wanted;
}

/* Runs until the endpoint has received this number of requests for keys. */
static bool
wait_asked(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, was_asked, f);
}

static void
sends_wait_for_the_first_keys(void)
{
	struct fixture f;

	setup(&f);
	f.sqs.silent = true;
	put(&f);
	CU_ASSERT_TRUE(wait_asked(&f, 1));
	put(&f);
	(void)ev_run(f.loop, EVRUN_ONCE);
	CU_ASSERT_EQUAL(f.answers, 0);
	CU_ASSERT_EQUAL(f.sqs.requests, 0);
	CU_ASSERT_TRUE(fake_sqs_hand_out(&f.sqs));
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.good, 2);
	CU_ASSERT_EQUAL(f.sqs.asked, 1);
	CU_ASSERT_STRING_EQUAL(f.sqs.access, "AK1");
	teardown(&f);
}

static void
on_tick(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	((struct fixture *)timer->data)->turns++;
}

/* The driver gives a silent endpoint up after 2 s, and requests no keys for 1 s after
 * that. */
static void
the_loop_continues_while_the_endpoint_is_silent(void)
{
	struct fixture f;

	setup(&f);
	f.sqs.silent = true;
	ev_timer_init(&f.tick, on_tick, .01, .01);
	f.tick.data = &f;
	ev_timer_start(f.loop, &f.tick);
	put(&f);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	CU_ASSERT_TRUE(f.turns > 20);
	put(&f);
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.err.code, ES_UNAVAILABLE);
	CU_ASSERT_STRING_EQUAL(f.err.text, "container credentials: Timeout was reached");
	CU_ASSERT_EQUAL(f.good, 0);
	CU_ASSERT_EQUAL(f.sqs.asked, 1);
	CU_ASSERT_EQUAL(f.sqs.requests, 0);
	teardown(&f);
}

static void
all_sends_fail_when_there_are_no_keys(void)
{
	struct fixture f;

	setup(&f);
	f.sqs.keys = NULL;
	for (int i = 0; i < 200; i++)
		put(&f);
	CU_ASSERT_TRUE(wait_answers(&f, 200));
	CU_ASSERT_EQUAL(f.good, 0);
	CU_ASSERT_STRING_EQUAL(f.err.text, "container credentials: HTTP 500");
	CU_ASSERT_EQUAL(f.sqs.requests, 0);
	teardown(&f);
}

static void
on_send(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)loop, (void)revents;
	put(timer->data);
}

static bool
uses_newer_keys(const void *ctx)
{
	return strcmp(((const struct fixture *)ctx)->sqs.access, "AK2") == 0;
}

/* The driver requests new keys after half of the lifetime of the old ones. */
static void
keys_that_expire_soon_are_used_until_newer_ones_arrive(void)
{
	struct fixture f;

	setup(&f);
	f.sqs.life_ms = 3000;
	put(&f);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	f.sqs.keys = "AK2";
	f.sqs.silent = true;
	ev_timer_init(&f.tick, on_send, .02, .02);
	f.tick.data = &f;
	ev_timer_start(f.loop, &f.tick);
	CU_ASSERT_TRUE(wait_asked(&f, 2));
	CU_ASSERT_TRUE(wait_answers(&f, f.sent));
	CU_ASSERT_STRING_EQUAL(f.sqs.access, "AK1");
	CU_ASSERT_TRUE(fake_sqs_hand_out(&f.sqs));
	CU_ASSERT_TRUE(ev_until_now(f.loop, uses_newer_keys, &f));
	ev_timer_stop(f.loop, &f.tick);
	CU_ASSERT_TRUE(wait_answers(&f, f.sent));
	CU_ASSERT_EQUAL(f.good, f.sent);
	CU_ASSERT_EQUAL(f.sqs.asked, 2);
	teardown(&f);
}

static void
refused_keys_are_not_used_while_newer_ones_are_fetched(void)
{
	struct fixture f;

	setup(&f);
	put(&f);
	CU_ASSERT_TRUE(wait_answers(&f, 1));
	f.sqs.expired = "AK1";
	f.sqs.keys = "AK2";
	f.sqs.silent = true;
	put(&f);
	CU_ASSERT_TRUE(wait_asked(&f, 2));
	put(&f);
	(void)ev_run(f.loop, EVRUN_ONCE);
	CU_ASSERT_EQUAL(f.answers, 1);
	CU_ASSERT_EQUAL(f.sqs.requests, 2);
	CU_ASSERT_TRUE(fake_sqs_hand_out(&f.sqs));
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_EQUAL(f.good, 3);
	CU_ASSERT_EQUAL(f.sqs.asked, 2);
	CU_ASSERT_STRING_EQUAL(f.sqs.access, "AK2");
	teardown(&f);
}

static void
closing_the_queue_answers_all_sends(void)
{
	struct fixture f;

	setup(&f);
	f.sqs.silent = true;
	put(&f);
	CU_ASSERT_TRUE(wait_asked(&f, 1));
	put(&f);
	queue_async_close(&f.q);
	CU_ASSERT_EQUAL(f.answers, 2);
	CU_ASSERT_EQUAL(f.good, 0);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"sends wait for the first keys", sends_wait_for_the_first_keys},
    {"the loop continues while the endpoint is silent",
	the_loop_continues_while_the_endpoint_is_silent},
    {"all sends fail when there are no keys", all_sends_fail_when_there_are_no_keys},
    {"keys that expire soon are used until newer ones arrive",
	keys_that_expire_soon_are_used_until_newer_ones_arrive},
    {"refused keys are not used while newer ones are fetched",
	refused_keys_are_not_used_while_newer_ones_are_fetched},
    {"closing the queue answers all sends", closing_the_queue_answers_all_sends},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("queue/sqs_keys", cases)
