/* Commands for an event loop. */
#include "redis/redis_async.h"

#include <ev.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "core/check.h"
#include "core/clock.h"
#include "redis/redis_link.h"

#include "core/banned.h"

#define GRACE_S  0.05
#define MOVED_MS 1000 /* between two reconnects that look for the new master */

struct call {
	TAILQ_ENTRY(call) link;
	/* NULL: the handle was closed, and done has been called */
	struct redis_async *owner;
	redis_async_done *done;
	void *ctx;
	int64_t deadline_ms;
};

struct redis_async {
	struct ev_loop *loop;
	struct redis_link *link;
	int64_t timeout_ms;
	void (*state)(void *ctx, bool up);
	void *ctx;
	TAILQ_HEAD(, call) calls; /* in flight, oldest first */
	size_t n_calls;
	ev_timer timer; /* fires at the deadline of the oldest call */
	/* the oldest call is late: wait GRACE_S for a reply that has arrived unread */
	bool grace;
	bool moved; /* the server has become a replica: reconnect */
	int64_t moved_ms;
	bool closing;
};

static void
redis_async_on_up(void *ctx)
{
	struct redis_async *r = ctx;

	if (r->state != NULL)
		r->state(r->ctx, true);
}

static void
redis_async_on_down(void *ctx)
{
	struct redis_async *r = ctx;

	if (r->state != NULL)
		r->state(r->ctx, false);
}

static void
redis_async_arm_timer(struct redis_async *r)
{
	const struct call *oldest = TAILQ_FIRST(&r->calls);

	if (oldest == NULL || ev_is_active(&r->timer))
		return;
	ev_timer_set(&r->timer,
	    (double)(oldest->deadline_ms - clock_mono_ms()) / 1000.0 + 0.001, 0.);
	ev_timer_start(r->loop, &r->timer);
}

static void
redis_async_on_timer(struct ev_loop *loop, ev_timer *timer, int revents)
{
	struct redis_async *r = timer->data;
	const struct call *oldest = TAILQ_FIRST(&r->calls);

	(void)revents;
	if (r->moved) {
		r->moved = false;
		redis_link_drop(r->link);
	} else if (oldest == NULL || oldest->deadline_ms > clock_mono_ms()) {
		redis_async_arm_timer(r);
	} else if (!r->grace) {
		/* libev runs timers before it reads sockets: a reply may be waiting. */
		r->grace = true;
		ev_now_update(loop);
		ev_timer_set(timer, GRACE_S, 0.);
		ev_timer_start(loop, timer);
	} else {
		redis_link_drop(r->link);
	}
}

static void
redis_async_call_failed(const struct call *c)
{
	struct es_err err;
	const enum es_code rc = es_fail(&err, ES_UNAVAILABLE, "Redis: connection lost");

	if (c->done != NULL)
		c->done(c->ctx, rc, NULL, &err);
}

static void
redis_async_remove_call(struct redis_async *r, struct call *c)
{
	TAILQ_REMOVE(&r->calls, c, link);
	r->n_calls--;
	r->grace = false;
	c->owner = NULL;
}

/* A demoted server keeps our connection. Only a new connection can reach the new
 * master. */
static void
redis_async_leave_replica(struct redis_async *r)
{
	const int64_t now_ms = clock_mono_ms();

	if (r->moved || now_ms - r->moved_ms < MOVED_MS)
		return;
	r->moved = true;
	r->moved_ms = now_ms;
	ev_timer_stop(r->loop, &r->timer);
	ev_timer_set(&r->timer, 0., 0.);
	ev_timer_start(r->loop, &r->timer);
}

/* owner is c->owner, as it was before redis_async_remove_call(). */
static void
redis_async_call_replied(
    const struct call *c, struct redis_async *owner, const redisReply *reply)
{
	struct arena *a;
	struct redis_value value;
	struct es_err err = {.code = ES_OK};
	enum es_code rc;

	a = arena_new();
	redis_value_copy(reply, a, &value);
	if (redis_value_read_only(&value))
		redis_async_leave_replica(owner);
	rc = redis_value_check(&value, &err);
	if (c->done != NULL)
		c->done(c->ctx, rc, &value, &err);
	arena_free(&a);
}

static void
redis_async_on_reply(redisAsyncContext *ac, void *reply, void *data)
{
	struct call *c = data;
	struct redis_async *owner;

	if (reply == NULL)
		redis_link_lost(ac); /* this runs before done, and may close the owner */
	owner = c->owner;
	if (owner != NULL) {
		redis_async_remove_call(owner, c);
		if (reply != NULL)
			redis_async_call_replied(c, owner, reply);
		else
			redis_async_call_failed(c);
	}
	free(c);
}

enum es_code
redis_async_open(struct ev_loop *loop, const char *url, int64_t timeout_ms,
    void (*state)(void *ctx, bool up), void *ctx, struct redis_async **out,
    struct es_err *err)
{
	struct redis_async *r = mem_new(1, sizeof(*r));
	const struct redis_link_events events = {
	    .up = redis_async_on_up, .down = redis_async_on_down, .ctx = r};
	enum es_code rc;

	r->loop = loop;
	r->timeout_ms = timeout_ms;
	r->state = state;
	r->ctx = ctx;
	TAILQ_INIT(&r->calls);
	ev_timer_init(&r->timer, redis_async_on_timer, 0., 0.);
	r->timer.data = r;
	rc = redis_link_open(loop, url, timeout_ms, &events, &r->link, err);
	if (rc != ES_OK)
		free(r);
	else
		*out = r;
	return rc;
}

void
redis_async_close(struct redis_async **handle)
{
	struct redis_async *r = *handle;
	struct call *c;

	if (r == NULL)
		return;
	*handle = NULL;
	r->closing = true;
	r->state = NULL;
	ev_timer_stop(r->loop, &r->timer);
	while ((c = TAILQ_FIRST(&r->calls)) != NULL) {
		redis_async_remove_call(
		    r, c); /* hiredis still refers to c; its callback frees c */
		redis_async_call_failed(c);
	}
	redis_link_close(&r->link);
	free(r);
}

bool
redis_async_up(const struct redis_async *r)
{
	return redis_link_context(r->link) != NULL;
}

enum es_code
redis_async_cmd(struct redis_async *r, redis_async_done *done, void *ctx,
    struct es_err *err, size_t argc, const struct redis_arg argv[])
{
	redisAsyncContext *ac = redis_link_context(r->link);
	struct arena *a;
	struct call *c;
	const char **data;
	size_t *len;
	int rc;

	if (ac == NULL || r->closing)
		return es_fail(err, ES_UNAVAILABLE, "Redis: not connected");
	if (r->n_calls >= REDIS_ASYNC_MAX)
		return es_fail(err, ES_UNAVAILABLE, "Redis: too many commands in flight");
	a = arena_new();
	c = mem_new(1, sizeof(*c));
	*c = (struct call){.owner = r,
	    .done = done,
	    .ctx = ctx,
	    .deadline_ms = clock_mono_ms() + r->timeout_ms};
	redis_args_split(argc, argv, a, &data, &len);
	rc = redisAsyncCommandArgv(ac, redis_async_on_reply, c, (int)argc, data, len);
	arena_free(&a);
	if (rc != REDIS_OK) {
		free(c);
		return es_fail(err, ES_UNAVAILABLE, "Redis: connection lost");
	}
	TAILQ_INSERT_TAIL(&r->calls, c, link);
	r->n_calls++;
	redis_async_arm_timer(r);
	return ES_OK;
}

enum es_code
redis_async_text(
    struct redis_async *r, redis_async_done *done, void *ctx, struct es_err *err, ...)
{
	struct arena *a = arena_new();
	const struct redis_arg *argv;
	enum es_code rc;
	size_t argc;
	va_list ap;

	va_start(ap, err);
	argv = redis_args_list(ap, a, &argc);
	va_end(ap);
	rc = redis_async_cmd(r, done, ctx, err, argc, argv);
	arena_free(&a);
	return rc;
}
