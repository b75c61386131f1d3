#include "worker/drain.h"

#include "conn/frame_out.h"
#include "conn/reconnect_advice.h"
#include "core/check.h"
#include "door/accept.h"
#include "worker/worker.h"

#include "core/banned.h"

#define SLICE_S   0.1
#define LINGER_MS 3500 /* from the last close to the end: answers of the peers */

struct drain {
	struct worker *worker;
	ev_timer timer;
	int64_t started_ms, spread_ms;
	uint32_t left_to_tell;
};

/* Clients are gone long before the end of a drain when there are few of them. */
static int64_t
drain_spread(const struct worker *w)
{
	const int64_t fair_ms = reconnect_advice_spread_ms(w);

	return fair_ms < w->conf->drain_ms ? fair_ms : w->conf->drain_ms;
}

static void
drain_tell_all(struct worker *w, int64_t spread_ms)
{
	const uint32_t n = w->conns.n;
	uint32_t i = 0;
	struct conn *c, *next;

	CONN_FOREACH_SAFE(c, &w->conns.all, io.all, next)
	{
		if (c->state == CONN_OPEN)
			frame_out_reconnect(
			    c, spread_ms * i / (n > 0 ? n : 1), spread_ms, "drain");
		i++;
	}
}

/* As many as the time that has passed demands. */
static void
drain_close_slice(struct worker *w, struct drain *d)
{
	const int64_t passed_ms = w->now_ms - d->started_ms;
	uint32_t open = 0, keep;
	struct conn *c, *next;

	TAILQ_FOREACH(c, &w->conns.all, io.all)
	open += c->state == CONN_OPEN || c->state == CONN_GREETING;
	keep = passed_ms >= d->spread_ms
	           ? 0
	           : (uint32_t)((int64_t)d->left_to_tell * (d->spread_ms - passed_ms) /
				d->spread_ms);
	CONN_FOREACH_SAFE(c, &w->conns.all, io.all, next)
	{
		if (open <= keep)
			return;
		if (c->state != CONN_OPEN && c->state != CONN_GREETING)
			continue;
		conn_close(c, CLOSE_DRAIN, "this server is shutting down");
		open--;
	}
}

static void
drain_on_slice(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct drain *d = ES_CONTAINER(timer, struct drain, timer);
	struct worker *w = d->worker;

	(void)events;
	w->now_ms = clock_mono_ms();
	drain_close_slice(w, d);
	if (w->conns.n == 0 || w->now_ms - d->started_ms > d->spread_ms + LINGER_MS)
		ev_break(loop, EVBREAK_ALL);
}

void
drain_begin(struct worker *w)
{
	struct drain *d;

	if (w->draining)
		return;
	w->draining = true;
	w->now_ms = clock_mono_ms();
	accept_stop(w->accept);
	hub_drain(w->hub);
	d = mem_new(1, sizeof(*d));
	d->worker = w;
	d->started_ms = w->now_ms;
	d->spread_ms = drain_spread(w);
	d->left_to_tell = w->conns.n;
	w->drain = d;
	log_info(
	    "drain", LOG_INT("connections", w->conns.n), LOG_INT("ms", d->spread_ms));
	drain_tell_all(w, d->spread_ms);
	ev_timer_init(&d->timer, drain_on_slice, SLICE_S, SLICE_S);
	ev_timer_start(w->loop, &d->timer);
}

void
drain_free(struct drain **d)
{
	if (*d == NULL)
		return;
	ev_timer_stop((*d)->worker->loop, &(*d)->timer);
	mem_free(*d);
	*d = NULL;
}
