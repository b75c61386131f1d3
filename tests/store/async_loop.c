#include "async_loop.h"

#include <poll.h>
#include <stdlib.h>

#include "core/banned.h"

static void
watch(void *ctx, int fd, int want)
{
	struct loop *l = ctx;

	l->fd = fd;
	l->want = want;
}

static void
timer(void *ctx, int64_t after_ms)
{
	struct loop *l = ctx;

	l->fire_ms = after_ms < 0 ? -1 : clock_mono_ms() + after_ms;
}

static void
state(void *ctx, bool up)
{
	struct loop *l = ctx;

	if (up)
		l->ups++;
	else
		l->downs++;
}

void
turn(struct loop *l)
{
	struct pollfd p = {.fd = l->fd};
	int wait_ms = 50;

	if ((l->want & PG_WANT_READ) != 0)
		p.events |= POLLIN;
	if ((l->want & PG_WANT_WRITE) != 0)
		p.events |= POLLOUT;
	if (l->fire_ms >= 0 && l->fire_ms - clock_mono_ms() < wait_ms)
		wait_ms = l->fire_ms > clock_mono_ms()
		              ? (int)(l->fire_ms - clock_mono_ms())
		              : 0;
	if (poll(&p, 1, wait_ms) > 0)
		pg_async_ready(l->pa, (p.revents & POLLOUT ? PG_WANT_WRITE : 0) |
					  (p.revents & ~POLLOUT ? PG_WANT_READ : 0));
	if (l->fire_ms >= 0 && l->fire_ms <= clock_mono_ms()) {
		l->fire_ms = -1;
		pg_async_timer(l->pa);
	}
}

struct pg_async_loop
async_loop(struct loop *l)
{
	return (struct pg_async_loop){
	    .watch = watch, .timer = timer, .state = state, .ctx = l};
}

void
open_loop(struct loop *l, size_t max, bool pooled)
{
	const struct pg_settings settings = {.url = getenv("ES_TEST_DATABASE_URL"),
	    .application_name = "test-async",
	    .connect_timeout_ms = 5000,
	    .statement_timeout_ms = 3000,
	    .pooled = pooled || getenv("ES_TEST_POOLED") != NULL};
	const struct pg_async_loop how = async_loop(l);
	struct es_err err;

	*l = (struct loop){.fd = -1, .fire_ms = -1};
	CU_ASSERT_EQUAL_FATAL(pg_async_open(&settings, max, &how, &l->pa, &err), ES_OK);
	TURN_UNTIL(l, pg_async_up(l->pa));
	CU_ASSERT_EQUAL(l->ups, 1);
}
