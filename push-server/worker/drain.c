#include "worker/drain.h"

#include "conn/frame_out.h"
#include "conn/reconnect_advice.h"
#include "core/check.h"
#include "door/accept.h"
#include "worker/worker.h"

#include "core/banned.h"

#define SLICE_S 0.1 /* seconds between two slices of closes */
/* After the last close, the peers have this time for their Close frames. */
#define LINGER_MS 3500

struct drain {
	struct worker *worker;
	ev_timer timer;
	int64_t started_ms, spread_ms;
	uint32_t n_at_start; /* connections when the drain began */
};

/* Returns the time over which the closes are spread. With few clients it is far shorter
 * than ES_PUSH_DRAIN_MS. */
static int64_t
drain_spread(const struct worker *w)
{
	const int64_t fair_ms = reconnect_advice_spread_ms(&w->conns);

	return fair_ms < w->env.conf->drain_ms ? fair_ms : w->env.conf->drain_ms;
}

static void
drain_announce(struct worker *w, int64_t spread_ms)
{
	const uint32_t n = w->conns.n;
	uint32_t i = 0;

	for (struct list *l = w->conns.all.next; l != &w->conns.all; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (c->state == CONN_OPEN)
			frame_out_reconnect(
			    c, spread_ms * i / (n > 0 ? n : 1), spread_ms, "drain");
		i++;
	}
}

static bool
drain_is_open(const struct conn *c)
{
	return c->state == CONN_OPEN || c->state == CONN_GREETING;
}

/* Closes as many connections as the time passed so far requires. */
static void
drain_close_slice(struct worker *w, struct drain *d)
{
	const int64_t passed_ms = w->env.now_ms - d->started_ms;
	struct list *all = &w->conns.all;
	uint32_t open = 0, keep = 0;

	for (struct list *l = all->next; l != all; l = l->next)
		open += drain_is_open(LIST_ITEM(l, struct conn, io.all));
	if (passed_ms < d->spread_ms)
		keep = (uint32_t)((int64_t)d->n_at_start * (d->spread_ms - passed_ms) /
				  d->spread_ms);
	for (struct list *l = all->next; l != all && open > keep; l = l->next) {
		struct conn *c = LIST_ITEM(l, struct conn, io.all);

		if (!drain_is_open(c))
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
	w->env.now_ms = clock_mono_ms();
	accept_drain(w->accept);
	drain_close_slice(w, d);
	if (w->conns.n == 0 || w->env.now_ms - d->started_ms > d->spread_ms + LINGER_MS)
		ev_break(loop, EVBREAK_ALL);
}

void
drain_begin(struct worker *w)
{
	struct drain *d;

	if (w->env.draining)
		return;
	w->env.draining = true;
	w->env.now_ms = clock_mono_ms();
	accept_drain(w->accept);
	d = mem_new(1, sizeof(*d));
	d->worker = w;
	d->started_ms = w->env.now_ms;
	d->spread_ms = drain_spread(w);
	d->n_at_start = w->conns.n;
	w->drain = d;
	log_info("drain begins", LOG_INT("connections", w->conns.n),
	    LOG_INT("ms", d->spread_ms));
	drain_announce(w, d->spread_ms);
	ev_timer_init(&d->timer, drain_on_slice, SLICE_S, SLICE_S);
	ev_timer_start(w->env.loop, &d->timer);
}

void
drain_free(struct drain **d)
{
	if (*d == NULL)
		return;
	ev_timer_stop((*d)->worker->env.loop, &(*d)->timer);
	mem_free(*d);
	*d = NULL;
}
