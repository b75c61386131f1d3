/* Commands on the event loop: answers, loss, time-outs, closing at any time. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/check.h"
#include "ev_until.h"
#include "redis/redis_async.h"
#include "redis_server.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server;
	struct ev_loop *loop;
	struct redis_async *r;
	struct es_err err;
	int ups, downs;        /* calls of on_state() with up = true, and false */
	int answers, failures; /* calls of on_done(): all, and those with an error */
	int wanted;            /* the number of answers for which has_answers() waits */
	enum es_code last;
	char text[64];
	bool sending, close_in_done;
};

static void
on_state(void *ctx, bool up)
{
	struct fixture *f = ctx;

	f->ups += up;
	f->downs += !up;
}

static void
on_done(void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct fixture *f = ctx;

	CU_ASSERT_FALSE(f->sending);
	CU_ASSERT_EQUAL(rc, err->code);
	f->answers++;
	f->failures += rc != ES_OK;
	f->last = rc;
	f->text[0] = '\0';
	if (v != NULL && v->str != NULL)
		(void)snprintf(f->text, sizeof(f->text), "%s", v->str);
	if (f->close_in_done && f->r != NULL)
		redis_async_close(&f->r);
}

static bool
is_up(const void *ctx)
{
	const struct fixture *f = ctx;

	return redis_async_up(f->r) && f->ups > 0;
}

static bool
is_down(const void *ctx)
{
	return !redis_async_up(((const struct fixture *)ctx)->r);
}

static bool
has_answers(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->answers >= f->wanted;
}

static void
setup(struct fixture *f)
{
	*f = (struct fixture){.server = redis_server_start(), .loop = ev_loop_new(0)};
	CHECK(redis_async_open(f->loop, redis_server_url(f->server), 400, on_state, f,
		  &f->r, &f->err) == ES_OK);
	CU_ASSERT_FALSE(redis_async_up(f->r));
	CU_ASSERT_EQUAL(
	    redis_async_text(f->r, on_done, f, &f->err, "PING", NULL), ES_UNAVAILABLE);
	CU_ASSERT_TRUE_FATAL(ev_until_now(f->loop, is_up, f));
	CU_ASSERT_EQUAL(f->ups, 1);
}

static void
teardown(struct fixture *f)
{
	redis_async_close(&f->r);
	ev_loop_destroy(f->loop);
	redis_server_end(&f->server);
}

#define SEND(f, ...) \
	((f)->sending = true, \
	    (f)->last = \
		redis_async_text((f)->r, on_done, (f), &(f)->err, __VA_ARGS__, NULL), \
	    (f)->sending = false, (f)->last)

static bool
wait_answers(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_answers, f);
}

static void
answers_come_in_order(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(SEND(&f, "SET", "k", "7"), ES_OK);
	CU_ASSERT_EQUAL(SEND(&f, "GET", "k"), ES_OK);
	CU_ASSERT_EQUAL(f.answers, 0);
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_STRING_EQUAL(f.text, "7");
	CU_ASSERT_EQUAL(SEND(&f, "LPUSH", "k", "x"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_EQUAL(f.last, ES_INTERNAL);
	CU_ASSERT_EQUAL(
	    redis_async_text(f.r, NULL, NULL, &f.err, "SET", "k", "8", NULL), ES_OK);
	CU_ASSERT_EQUAL(SEND(&f, "GET", "k"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 4));
	CU_ASSERT_STRING_EQUAL(f.text, "8");
	teardown(&f);
}

static void
connects_again_after_a_kill(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	redis_server_kill(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_down, &f));
	CU_ASSERT_TRUE(wait_answers(&f, 10));
	CU_ASSERT_EQUAL(f.answers, 10);
	CU_ASSERT_EQUAL(f.downs, 1);
	CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_UNAVAILABLE);
	redis_server_again(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_up, &f));
	CU_ASSERT_EQUAL(f.ups, 2);
	CU_ASSERT_EQUAL(SEND(&f, "ECHO", "back"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 11));
	CU_ASSERT_STRING_EQUAL(f.text, "back");
	CU_ASSERT_EQUAL(f.answers, 11);
	teardown(&f);
}

static void
a_missing_answer_drops_the_connection(void)
{
	struct fixture f;

	setup(&f);
	redis_server_freeze(f.server);
	CU_ASSERT_EQUAL(SEND(&f, "ECHO", "1"), ES_OK);
	CU_ASSERT_EQUAL(SEND(&f, "ECHO", "2"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.failures, 2);
	CU_ASSERT_EQUAL(f.last, ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(f.downs, 1);
	redis_server_thaw(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_up, &f));
	CU_ASSERT_EQUAL(SEND(&f, "ECHO", "3"), ES_OK);
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_STRING_EQUAL(f.text, "3");
	teardown(&f);
}

static void
a_slow_loop_does_not_drop_the_connection(void)
{
	const struct timespec turn = {
	    .tv_nsec = 600000000}; /* longer than the time-out */
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_EQUAL(SEND(&f, "ECHO", "there"), ES_OK);
		(void)ev_run(f.loop, EVRUN_NOWAIT);
		(void)nanosleep(&turn, NULL); /* other work in this loop */
		CU_ASSERT_TRUE(wait_answers(&f, i + 1));
	}
	CU_ASSERT_EQUAL(f.failures, 0);
	CU_ASSERT_EQUAL(f.downs, 0);
	teardown(&f);
}

static void
close_ends_the_commands_in_flight(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	redis_async_close(&f.r);
	CU_ASSERT_PTR_NULL(f.r);
	CU_ASSERT_EQUAL(f.failures, 3);
	teardown(&f);
}

static void
may_be_closed_inside_done(void)
{
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	f.close_in_done = true;
	CU_ASSERT_TRUE(wait_answers(&f, 3));
	CU_ASSERT_PTR_NULL(f.r);
	CU_ASSERT_EQUAL(f.failures, 2);
	(void)ev_run(f.loop, EVRUN_NOWAIT);
	CU_ASSERT_EQUAL(f.answers, 3);
	teardown(&f);
}

static void
may_be_closed_inside_done_of_a_failure(void)
{
	struct fixture f;

	setup(&f);
	redis_server_freeze(f.server);
	CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	f.close_in_done = true;
	CU_ASSERT_TRUE(wait_answers(&f, 2));
	CU_ASSERT_EQUAL(f.failures, 2);
	CU_ASSERT_PTR_NULL(f.r);
	redis_server_thaw(f.server);
	teardown(&f);
}

static void
runs_scripts_by_digest_or_text(void)
{
	static struct redis_script script = {.text = "return KEYS[1] .. ARGV[1]"};
	const struct redis_arg argv[] = {{"a", 1}, {"b", 1}};
	struct fixture f;

	setup(&f);
	for (int i = 0; i < 4; i++) {
		if (i == 2) { /* the client knows the digest, but Redis forgets it */
			CU_ASSERT_EQUAL(redis_async_text(f.r, NULL, NULL, &f.err,
					    "SCRIPT", "FLUSH", NULL),
			    ES_OK);
		}
		CU_ASSERT_EQUAL(
		    redis_async_eval(f.r, &script, on_done, &f, &f.err, 1, 2, argv),
		    ES_OK);
		CU_ASSERT_TRUE(wait_answers(&f, i + 1));
		CU_ASSERT_EQUAL(f.last, ES_OK);
		CU_ASSERT_STRING_EQUAL(f.text, "ab");
	}
	CU_ASSERT_EQUAL(strlen(script.sha), 40);
	CU_ASSERT_EQUAL(f.answers, 4);
	teardown(&f);
}

static void
the_commands_in_flight_have_a_limit(void)
{
	struct fixture f;
	int taken = 0;

	setup(&f);
	while (redis_async_text(f.r, on_done, &f, &f.err, "PING", NULL) == ES_OK)
		taken++;
	CU_ASSERT_EQUAL(taken, REDIS_ASYNC_MAX);
	CU_ASSERT_TRUE(wait_answers(&f, taken));
	CU_ASSERT_EQUAL(f.failures, 0);
	CU_ASSERT_EQUAL(SEND(&f, "PING"), ES_OK);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"answers come in order", answers_come_in_order},
    {"connects again after a kill", connects_again_after_a_kill},
    {"a missing answer drops the connection", a_missing_answer_drops_the_connection},
    {"a slow loop does not drop the connection",
	a_slow_loop_does_not_drop_the_connection},
    {"close fails the commands in flight", close_ends_the_commands_in_flight},
    {"the client may be closed inside done()", may_be_closed_inside_done},
    {"the client may be closed inside done() of a failed command",
	may_be_closed_inside_done_of_a_failure},
    {"runs scripts by digest or text", runs_scripts_by_digest_or_text},
    {"the commands in flight have a limit", the_commands_in_flight_have_a_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/async", cases)
