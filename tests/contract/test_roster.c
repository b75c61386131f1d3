/* The roster of fanout's workers, on a real Redis. */
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "redis_server.h"
#include "roster.h"

#include "core/banned.h"

#define LIFE_MS 60000

struct fixture {
	struct redis_server *server;
	struct redis *r;
	struct arena *a;
	struct redis_value v;
	struct es_err err;
};

static void
setup(struct fixture *f)
{
	*f = (struct fixture){.server = redis_server_start(), .a = arena_new()};
	CHECK(redis_open(redis_server_url(f->server), 1000, &f->r, &f->err) == ES_OK);
}

static void
teardown(struct fixture *f)
{
	redis_close(&f->r);
	arena_free(&f->a);
	redis_server_end(&f->server);
}

static size_t
sign_in(struct fixture *f, const char *owner)
{
	return roster_sign_in(f->r, owner, LIFE_MS, f->a);
}

static void
counts_the_live_workers(void)
{
	struct fixture f;

	setup(&f);
	CU_ASSERT_EQUAL(sign_in(&f, "ann"), 1);
	CU_ASSERT_EQUAL(sign_in(&f, "bob"), 2);
	CU_ASSERT_EQUAL(sign_in(&f, "bob"), 2);
	CU_ASSERT_EQUAL(roster_sign_out(f.r, "bob", LIFE_MS, f.a), 1);
	redis_server_kill(f.server);
	CU_ASSERT_EQUAL(sign_in(&f, "ann"), 0);
	teardown(&f);
}

/* Writes the entry of a worker with a time that may be ahead of Redis's clock. Such
 * entries exist when that clock was set back, or when workers of an older release wrote
 * the time of their own clocks. */
static void
sign_in_at(struct fixture *f, const char *owner, int64_t ms)
{
	CU_ASSERT_EQUAL_FATAL(redis_text(f->r, f->a, &f->v, &f->err, "ZADD", ROSTER_KEY,
				  arena_printf(f->a, "%lld", (long long)ms), owner, NULL),
	    ES_OK);
}

static void
a_clock_that_is_ahead_keeps_no_dead_worker_in_the_roster(void)
{
	struct fixture f;
	const int64_t now_ms = clock_wall_ms();

	setup(&f);
	sign_in_at(&f, "dead", now_ms - LIFE_MS - 1);
	sign_in_at(&f, "ahead", now_ms + 3600 * 1000);
	CU_ASSERT_EQUAL(sign_in(&f, "ann"), 1);
	/* roster_sign_in() writes the time of Redis's clock: the worker counts again */
	CU_ASSERT_EQUAL(sign_in(&f, "ahead"), 2);
	teardown(&f);
}

static CU_TestInfo cases[] = {
    {"counts the live workers", counts_the_live_workers},
    {"a clock that is ahead keeps no dead worker in the roster",
	a_clock_that_is_ahead_keeps_no_dead_worker_in_the_roster},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("fanout/roster", cases)
