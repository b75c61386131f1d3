/* Subscriptions on the event loop: thousands of topics, and adding, removing and losses
 * of the connection in any order. */
#include "cunit_main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "ev_until.h"
#include "redis/redis_async.h"
#include "redis_server.h"

#include "core/banned.h"

struct fixture {
	struct redis_server *server;
	struct ev_loop *loop;
	struct redis_topics *t;
	struct redis *r; /* publishes */
	struct arena *a;
	struct redis_value v;
	struct es_err err;
	int ups, downs, confirmed, messages;
	int wanted; /* the number that has_confirmed() or has_messages() waits for */
	char last[128];
};

static void
on_message(void *ctx, const char *topic, const char *data, size_t len)
{
	struct fixture *f = ctx;

	f->messages++;
	(void)snprintf(f->last, sizeof(f->last), "%s %.*s", topic, (int)len, data);
}

static void
on_subscribed(void *ctx, const char *topic)
{
	struct fixture *f = ctx;

	f->confirmed++;
	(void)snprintf(f->last, sizeof(f->last), "%s", topic);
}

static void
on_state(void *ctx, bool up)
{
	struct fixture *f = ctx;

	f->ups += up;
	f->downs += !up;
}

static bool
has_confirmed(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->confirmed >= f->wanted;
}

static bool
has_messages(const void *ctx)
{
	const struct fixture *f = ctx;

	return f->messages >= f->wanted;
}

static bool
is_down(const void *ctx)
{
	return !redis_topics_up(((const struct fixture *)ctx)->t);
}

static void
setup(struct fixture *f)
{
	const struct redis_topics_events events = {
	    on_message, on_subscribed, on_state, f};

	keyed_hash_draw();
	*f = (struct fixture){
	    .server = redis_server_start(), .loop = ev_loop_new(0), .a = arena_new()};
	CHECK(redis_open(redis_server_url(f->server), 5000, &f->r, &f->err) == ES_OK);
	CHECK(redis_topics_open(f->loop, redis_server_url(f->server), &events, &f->t,
		  &f->err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	redis_topics_close(&f->t);
	redis_close(&f->r);
	ev_loop_destroy(f->loop);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static bool
wait_confirmed(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_confirmed, f);
}

static bool
wait_messages(struct fixture *f, int n)
{
	f->wanted = n;
	return ev_until_now(f->loop, has_messages, f);
}

/* Publishes and returns the number of subscribers that Redis sent the message to. */
static int64_t
publish(struct fixture *f, const char *topic, const char *text)
{
	CU_ASSERT_EQUAL_FATAL(
	    redis_text(f->r, f->a, &f->v, &f->err, "PUBLISH", topic, text, NULL), ES_OK);
	return f->v.num;
}

static void
takes_topics_before_it_is_connected(void)
{
	struct fixture f;

	setup(&f);
	redis_topics_add(f.t, "a");
	redis_topics_add(f.t, "b");
	redis_topics_add(f.t, "a"); /* again */
	CU_ASSERT_EQUAL(f.ups, 0);
	CU_ASSERT_TRUE(wait_confirmed(&f, 2));
	CU_ASSERT_EQUAL(f.ups, 1);
	CU_ASSERT_EQUAL(publish(&f, "a", "hello"), 1);
	CU_ASSERT_TRUE(wait_messages(&f, 1));
	CU_ASSERT_STRING_EQUAL(f.last, "a hello");
	redis_topics_add(f.t, "c");
	CU_ASSERT_TRUE(wait_confirmed(&f, 3));
	CU_ASSERT_STRING_EQUAL(f.last, "c");
	CU_ASSERT_EQUAL(f.confirmed, 3);
	teardown(&f);
}

static void
a_removed_topic_delivers_no_message(void)
{
	struct fixture f;

	setup(&f);
	redis_topics_add(f.t, "a");
	redis_topics_add(f.t, "b");
	CU_ASSERT_TRUE(wait_confirmed(&f, 2));
	CU_ASSERT_EQUAL(publish(&f, "a", "late"), 1);
	redis_topics_remove(f.t, "a"); /* the client has not read the message yet */
	redis_topics_remove(f.t, "a");
	redis_topics_remove(f.t, "never there");
	CU_ASSERT_EQUAL(publish(&f, "b", "x"), 1);
	CU_ASSERT_TRUE(wait_messages(&f, 1));
	CU_ASSERT_STRING_EQUAL(f.last, "b x");
	redis_topics_add(f.t, "c"); /* Redis confirms it after the UNSUBSCRIBE of "a" */
	CU_ASSERT_TRUE(wait_confirmed(&f, 3));
	CU_ASSERT_EQUAL(publish(&f, "a", "gone"), 0);
	redis_topics_remove(f.t, "b");
	redis_topics_remove(f.t, "c");
	redis_topics_add(f.t, "d"); /* no other topic is left */
	CU_ASSERT_TRUE(wait_confirmed(&f, 4));
	CU_ASSERT_EQUAL(publish(&f, "d", "y"), 1);
	CU_ASSERT_TRUE(wait_messages(&f, 2));
	CU_ASSERT_EQUAL(f.downs, 0);
	teardown(&f);
}

static void
a_topic_removed_and_added_is_confirmed_again(void)
{
	struct fixture f;

	setup(&f);
	redis_topics_add(f.t, "a");
	CU_ASSERT_TRUE(wait_confirmed(&f, 1));
	for (int i = 0; i < 5; i++) {
		redis_topics_remove(f.t, "a");
		redis_topics_add(f.t, "a");
		CU_ASSERT_TRUE(wait_confirmed(&f, i + 2));
		CU_ASSERT_EQUAL(publish(&f, "a", "x"), 1);
		CU_ASSERT_TRUE(wait_messages(&f, i + 1));
	}
	teardown(&f);
}

#define MANY 20000

static void
add_many(struct fixture *f)
{
	char name[32];

	for (int i = 0; i < MANY; i++) {
		(void)snprintf(name, sizeof(name), "topic:%d", i);
		redis_topics_add(f->t, name);
	}
}

static void
keeps_thousands_of_topics_after_a_loss(void)
{
	struct fixture f;

	setup(&f);
	add_many(&f);
	CU_ASSERT_TRUE(wait_confirmed(&f, MANY));
	CU_ASSERT_EQUAL(f.confirmed, MANY);
	redis_server_kill(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_down, &f));
	CU_ASSERT_EQUAL(f.downs, 1);
	redis_topics_remove(f.t, "topic:7");
	redis_topics_add(f.t, "new");
	redis_server_again(f.server);
	CU_ASSERT_TRUE(wait_confirmed(&f, 2 * MANY));
	CU_ASSERT_EQUAL(f.confirmed, 2 * MANY);
	CU_ASSERT_EQUAL(f.ups, 2);
	CU_ASSERT_EQUAL(publish(&f, "topic:7", "x"), 0);
	CU_ASSERT_EQUAL(publish(&f, "topic:19999", "x"), 1);
	CU_ASSERT_EQUAL(publish(&f, "new", "x"), 1);
	CU_ASSERT_TRUE(wait_messages(&f, 2));
	teardown(&f);
}

/* After a random series of changes, and a restart, Redis has exactly the wanted
 * subscriptions. */
static void
adds_and_removes_in_any_order_end_with_the_wanted_topics(void)
{
	static bool wanted[64];
	struct fixture f;
	unsigned seed = 1;
	char name[32];
	int n = 0;

	memset(wanted, 0, sizeof(wanted));
	setup(&f);
	for (int i = 0; i < 20000; i++) {
		seed = seed * 1103515245u + 12345u;
		const unsigned at = seed >> 16 & 63;

		(void)snprintf(name, sizeof(name), "t%u", at);
		wanted[at] = (seed >> 24 & 1) != 0;
		if (wanted[at])
			redis_topics_add(f.t, name);
		else
			redis_topics_remove(f.t, name);
		if (i % 50 == 0)
			(void)ev_run(f.loop, EVRUN_NOWAIT);
		if (i == 10000)
			redis_server_kill(f.server);
		if (i == 11000)
			redis_server_again(f.server);
	}
	f.confirmed = 0;
	/* The client sends changes in the order of its list, and Redis confirms them in
	 * that order. When it has confirmed "last one" twice, all changes are done. */
	redis_topics_add(f.t, "last one");
	for (int i = 0; i < 2; i++) {
		const int before = f.confirmed;

		redis_topics_remove(f.t, "last one");
		redis_topics_add(f.t, "last one");
		CU_ASSERT_TRUE(wait_confirmed(&f, before + 1));
	}
	for (unsigned i = 0; i < 64; i++) {
		(void)snprintf(name, sizeof(name), "t%u", i);
		n += wanted[i];
		while (publish(&f, name, "x") != wanted[i])
			(void)ev_run(f.loop, EVRUN_NOWAIT);
	}
	CU_ASSERT_TRUE(wait_messages(&f, n));
	CU_ASSERT_EQUAL(f.messages, n);
	teardown(&f);
}

/* The connection stays open, but the frozen server sends nothing. */
static void
notices_a_server_that_sends_nothing(void)
{
	struct fixture f;

	setup(&f);
	redis_topics_add(f.t, "a");
	CU_ASSERT_TRUE_FATAL(wait_confirmed(&f, 1));
	redis_server_freeze(f.server);
	CU_ASSERT_TRUE(ev_until_now(f.loop, is_down, &f));
	redis_server_thaw(f.server);
	CU_ASSERT_TRUE(wait_confirmed(&f, 2));
	CU_ASSERT_EQUAL(publish(&f, "a", "x"), 1);
	CU_ASSERT_TRUE(wait_messages(&f, 1));
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"takes topics before it is connected", takes_topics_before_it_is_connected},
    {"a removed topic delivers no message", a_removed_topic_delivers_no_message},
    {"Redis confirms a topic again that was removed and added",
	a_topic_removed_and_added_is_confirmed_again},
    {"keeps thousands of topics after a loss", keeps_thousands_of_topics_after_a_loss},
    {"Redis has the wanted topics after adds and removes in any order",
	adds_and_removes_in_any_order_end_with_the_wanted_topics},
    {"notices a server that sends nothing", notices_a_server_that_sends_nothing},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/topics", cases)
