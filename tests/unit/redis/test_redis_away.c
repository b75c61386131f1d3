/* A Redis that runs but cannot do the work: it is full, silent, or a replica now. */
#include <ev.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "fake_redis.h"
#include "redis/redis.h"
#include "redis/redis_async.h"

#include "core/banned.h"

#define READ_ONLY  "-READONLY You can't write against a read only replica.\r\n"
#define DEADLINE_S 5.

static enum es_code
set(struct redis *r)
{
	struct arena *a = arena_new();
	struct redis_value v;
	struct es_err err;
	const enum es_code rc = redis_text(r, a, &v, &err, "SET", "k", "v", NULL);

	arena_free(&a);
	return rc;
}

static void
a_server_without_room_for_a_client_counts_as_away(void)
{
	struct fake_redis full = {
	    .first = "-ERR max number of clients reached\r\n", .later = "+OK\r\n"};
	struct redis *r;
	struct es_err err;

	fake_redis_begin(&full);
	CU_ASSERT_EQUAL_FATAL(redis_open(full.url, 1000, &r, &err), ES_OK);
	CU_ASSERT_EQUAL(set(r), ES_UNAVAILABLE);
	redis_close(&r);
	fake_redis_end(&full);
}

/* The old primary keeps the connection; a new primary has the same address. */
static void
the_client_closes_the_connection_to_a_server_that_became_a_replica(void)
{
	struct fake_redis moved = {.first = READ_ONLY, .later = "+OK\r\n", .pongs = true};
	const int64_t end_ms = clock_mono_ms() + (int64_t)(DEADLINE_S * 1000);
	struct redis *r;
	struct es_err err;
	enum es_code rc;

	fake_redis_begin(&moved);
	CU_ASSERT_EQUAL_FATAL(redis_open(moved.url, 1000, &r, &err), ES_OK);
	CU_ASSERT_EQUAL(set(r), ES_UNAVAILABLE);
	do /* the client waits for its back-off before it connects again */
		rc = set(r);
	while (rc != ES_OK && clock_mono_ms() < end_ms);
	CU_ASSERT_EQUAL(rc, ES_OK);
	redis_close(&r);
	fake_redis_end(&moved);
}

/* The server accepts the connection and never answers. All commands together wait no
 * longer than the budget. */
static void
all_commands_together_wait_for_the_budget(void)
{
	struct fake_redis mute = {.first = "", .later = ""};
	const int64_t start_ms = clock_mono_ms();
	struct redis *r;
	struct es_err err;

	fake_redis_begin(&mute);
	CU_ASSERT_EQUAL_FATAL(redis_open(mute.url, 1000, &r, &err), ES_OK);
	redis_budget(r, 200);
	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(set(r), ES_UNAVAILABLE);
	CU_ASSERT_EQUAL(redis_budget_left(r), 0);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 200);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms < 600);
	redis_budget(r, 100);
	CU_ASSERT_EQUAL(redis_budget_left(r), 100);
	CU_ASSERT_EQUAL(set(r), ES_UNAVAILABLE);
	CU_ASSERT_TRUE(clock_mono_ms() - start_ms >= 300);
	redis_close(&r);
	fake_redis_end(&mute);
}

struct asker {
	struct ev_loop *loop;
	struct redis_async *redis;
	unsigned read_only, fine;
};

static void
on_answer(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct asker *k = ctx;

	(void)v, (void)err;
	if (rc == ES_OK) {
		k->fine++;
		ev_break(k->loop, EVBREAK_ALL);
	} else {
		k->read_only++;
	}
}

static void
on_state(void *ctx, bool up)
{
	struct asker *k = ctx;
	struct es_err err;

	if (up)
		CU_ASSERT_EQUAL(
		    redis_async_text(k->redis, on_answer, k, &err, "SET", "k", "v", NULL),
		    ES_OK);
}

static void
on_late(struct ev_loop *loop, ev_timer *timer, int revents)
{
	(void)timer, (void)revents;
	ev_break(loop, EVBREAK_ALL);
}

static void
the_event_loop_client_closes_the_connection_to_a_replica(void)
{
	struct fake_redis moved = {.first = READ_ONLY, .later = "+OK\r\n", .pongs = true};
	struct asker k = {.loop = ev_loop_new(0)};
	struct es_err err;
	ev_timer late;

	fake_redis_begin(&moved);
	ev_timer_init(&late, on_late, DEADLINE_S, 0.);
	ev_timer_start(k.loop, &late);
	CU_ASSERT_EQUAL_FATAL(
	    redis_async_open(k.loop, moved.url, 1000, on_state, &k, &k.redis, &err),
	    ES_OK);
	ev_run(k.loop, 0);
	CU_ASSERT_EQUAL(k.read_only, 1);
	CU_ASSERT_EQUAL(k.fine, 1);
	redis_async_close(&k.redis);
	ev_timer_stop(k.loop, &late);
	ev_loop_destroy(k.loop);
	fake_redis_end(&moved);
}

static CU_TestInfo cases[] = {
    {"a server without room for a client counts as away",
	a_server_without_room_for_a_client_counts_as_away},
    {"all commands together wait for the budget",
	all_commands_together_wait_for_the_budget},
    {"the client closes the connection to a server that became a replica",
	the_client_closes_the_connection_to_a_server_that_became_a_replica},
    {"the event-loop client closes the connection to a replica",
	the_event_loop_client_closes_the_connection_to_a_replica},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("redis/away", cases)
