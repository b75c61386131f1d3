/* The hub on a worker's loop: a turn before each sleep, a tick, an orderly end. */
#include "worker/hub_loop.h"

#include <stdlib.h>

#include "core/check.h"

#include "core/banned.h"

#define TICK_S   0.25
#define SECOND_S 1.0

void
hub_loop_begin(struct hub_loop *hw)
{
	hw->under_way++;
}

void
hub_loop_end(struct hub_loop *hw)
{
	CHECK(hw->under_way > 0);
	hw->under_way--;
	if (!hw->closed || hw->under_way > 0)
		return;
	hub_free(&hw->hub);
	free(hw);
}

/* Before the sockets' side flushes: answers of this turn go out with it. */
static void
hub_loop_on_turn(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct hub_loop *hw = ES_CONTAINER(prepare, struct hub_loop, turn);

	(void)events;
	hw->worker->now_ms = clock_mono_ms();
	if (hub_turn(hw->hub))
		ev_idle_start(loop, &hw->more);
	else
		ev_idle_stop(loop, &hw->more);
}

static void
hub_loop_on_more(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)loop;
	(void)idle;
	(void)events;
}

static void
hub_loop_on_tick(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct hub_loop *hw = ES_CONTAINER(timer, struct hub_loop, tick);

	(void)loop;
	(void)events;
	hw->worker->now_ms = clock_mono_ms();
	hub_tick(hw->hub);
}

static void
hub_loop_on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct hub_loop *hw = ES_CONTAINER(timer, struct hub_loop, second);

	(void)loop;
	(void)events;
	hw->worker->now_ms = clock_mono_ms();
	hub_second(hw->hub);
}

static void
hub_loop_start(struct hub_loop *hw)
{
	struct ev_loop *loop = hw->worker->loop;

	ev_prepare_init(&hw->turn, hub_loop_on_turn);
	ev_set_priority(&hw->turn, EV_MAXPRI);
	ev_prepare_start(loop, &hw->turn);
	ev_idle_init(&hw->more, hub_loop_on_more);
	ev_timer_init(&hw->tick, hub_loop_on_tick, TICK_S, TICK_S);
	ev_timer_start(loop, &hw->tick);
	ev_timer_init(&hw->second, hub_loop_on_second, SECOND_S, SECOND_S);
	ev_timer_start(loop, &hw->second);
}

enum es_code
hub_open(struct worker *w, struct hub **out, struct es_err *err)
{
	struct hub_loop *hw = mem_new(1, sizeof(*hw));
	const struct hub_io io = hub_loop_io(hw);
	struct hub_limits limits = hub_limits_default;

	(void)err;
	limits.log_bytes = (size_t)w->conf->log_bytes;
	limits.log_channel_bytes = (size_t)w->conf->log_channel_bytes;
	limits.max_subscriptions = (unsigned)w->conf->max_subscriptions;
	limits.replay_limit = w->conf->replay_limit;
	limits.replay_budget = w->conf->replay_budget;
	limits.page_bytes = (size_t)w->conf->page_bytes;
	limits.linger_ms = w->conf->linger_ms;
	limits.join_timeout_ms = w->conf->join_timeout_ms;
	limits.rights_keep_ms = w->conf->rights_keep_ms;
	limits.rights_max = (size_t)w->conf->rights_max;
	limits.acl_poll_ms = w->conf->acl_poll_ms;
	limits.presence_hold_ms = w->conf->presence_hold_ms;
	limits.presence_idle_ms = w->conf->presence_idle_ms;
	limits.lookups = (struct gather_limits){.batch = (size_t)w->conf->lookup_batch,
	    .wait_ms = w->conf->lookup_wait_ms,
	    .calm_per_s = w->conf->lookup_calm_per_s};
	hw->worker = w;
	hw->hub = hub_new(w, &limits, &io);
	hub_loop_start(hw);
	*out = hw->hub;
	return ES_OK;
}

void
hub_close(struct hub **hub)
{
	struct hub_loop *hw;

	if (*hub == NULL)
		return;
	hw = (*hub)->io.ctx;
	ev_prepare_stop(hw->worker->loop, &hw->turn);
	ev_idle_stop(hw->worker->loop, &hw->more);
	ev_timer_stop(hw->worker->loop, &hw->tick);
	ev_timer_stop(hw->worker->loop, &hw->second);
	*hub = NULL;
	hub_loop_begin(hw); /* so that the last one out is us, if nothing is under way */
	hw->closed = true;
	hub_loop_end(hw);
}
