#include "worker/periodic.h"

#include "conn/conn_reap.h"
#include "conn/conn_stalled.h"
#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "core/check.h"
#include "door/accept.h"
#include "hub/hub.h"
#include "presence/presence.h"
#include "queue/queue_async.h"
#include "send/change_gate.h"
#include "send/read_marks.h"
#include "send/send_outcomes.h"
#include "send/send_queue.h"
#include "who/who.h"

#include "core/banned.h"

static void
periodic_sends(struct worker *w)
{
	send_outcomes_tick(w->outcomes);
	send_queue_tick(w->sends);
}

static void
periodic_reactions(struct worker *w)
{
	send_queue_release(w->sends);
}

static void
periodic_changes(struct worker *w)
{
	change_gate_tick(w->changes);
}

static void
periodic_marks(struct worker *w)
{
	read_marks_tick(w->marks);
}

static void
periodic_ping(struct worker *w)
{
	ping_wheel_turn(w->conns.wheel, w->env.now_ms);
}

static void
periodic_hub(struct worker *w)
{
	hub_tick(w->hub);
	presence_tick(w->presence);
}

static void
periodic_compare(struct worker *w)
{
	hub_each_second(w->hub);
}

static void
periodic_metrics(struct worker *w)
{
	metrics_beat(w->env.metrics);
	metrics_gauge_set(w->env.metrics, PM_QUEUE_UP, queue_async_up(w->queue) ? 1 : 0);
}

static void
periodic_lossy(struct worker *w)
{
	conn_write_tick(&w->conns);
}

static void
periodic_sockets(struct worker *w)
{
	conn_stalled_tick(&w->conns);
	conn_reap_overdue(&w->conns);
}

static void
periodic_users(struct worker *w)
{
	who_tick(w->who);
}

static void
periodic_successor(struct worker *w)
{
	if (w->accept != NULL)
		accept_check_successor(w->accept);
}

static void
periodic_memory(struct worker *w)
{
	IGNORE(heap_trim(&w->heap));
}

static const struct {
	int64_t every_ms;
	void (*run)(struct worker *w);
} periodic_table[] = {
    {100, periodic_sends},
    {SENDS_HOLD_MS, periodic_reactions},
    {PING_TICK_MS, periodic_ping},
    {CONN_LOSSY_TICK_MS, periodic_lossy},
    {250, periodic_hub},
    {1000, periodic_changes},
    {1000, periodic_marks},
    {1000, periodic_compare},
    {1000, periodic_metrics},
    {1000, periodic_sockets},
    {1000, periodic_users},
    {1000, periodic_memory},
    {1000, periodic_successor},
};

void
periodic_run(struct worker *w, int64_t from_ms, int64_t to_ms)
{
	for (size_t i = 0; i < ES_COUNT(periodic_table); i++) {
		const int64_t every_ms = periodic_table[i].every_ms;

		if (from_ms / every_ms != to_ms / every_ms)
			periodic_table[i].run(w);
	}
}

static void
periodic_on_timer(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct periodic *p = ES_CONTAINER(timer, struct periodic, timer);
	struct worker *w = p->worker;

	(void)loop, (void)events;
	w->env.now_ms = clock_mono_ms();
	periodic_run(w, p->last_ms, w->env.now_ms);
	p->last_ms = w->env.now_ms;
}

void
periodic_start(struct periodic *p, struct worker *w)
{
	p->worker = w;
	p->last_ms = 0; /* all work is due at the first tick */
	ev_timer_init(&p->timer, periodic_on_timer, 0., (double)PERIODIC_TICK_MS / 1000.);
	ev_timer_start(w->env.loop, &p->timer);
}

void
periodic_stop(struct periodic *p)
{
	ev_timer_stop(p->worker->env.loop, &p->timer);
}
