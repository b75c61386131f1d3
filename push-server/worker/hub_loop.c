#include "worker/hub_loop.h"

#include "core/check.h"
#include "worker/hub_loop_private.h"

#include "core/banned.h"

void
hub_loop_begin(struct hub_loop *hl)
{
	hl->under_way++;
}

void
hub_loop_end(struct hub_loop *hl)
{
	CHECK(hl->under_way > 0);
	hl->under_way--;
	if (!hl->closed || hl->under_way > 0)
		return;
	presence_free(&hl->presence);
	hub_free(&hl->hub);
	mem_free(hl);
}

/* Runs before worker_turn() writes the control buffers, so that the answers of this turn
 * go out with them. */
static void
hub_loop_on_turn(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct hub_loop *hl = ES_CONTAINER(prepare, struct hub_loop, turn);
	bool more;

	(void)events;
	hl->worker->env.now_ms = clock_mono_ms();
	more = hub_turn(hl->hub);
	presence_turn(hl->presence);
	if (more)
		ev_idle_start(loop, &hl->more);
	else
		ev_idle_stop(loop, &hl->more);
}

static void
hub_loop_on_more(struct ev_loop *loop, ev_idle *idle, int events)
{
	(void)loop, (void)idle, (void)events;
}

static void
hub_loop_start(struct hub_loop *hl)
{
	ev_prepare_init(&hl->turn, hub_loop_on_turn);
	ev_set_priority(&hl->turn, EV_MAXPRI);
	ev_prepare_start(hl->worker->env.loop, &hl->turn);
	ev_idle_init(&hl->more, hub_loop_on_more);
}

static struct hub_limits
hub_loop_limits(const struct push_conf *conf)
{
	struct hub_limits limits = hub_limits_default;

	limits.log_bytes = (size_t)conf->log_bytes;
	limits.log_channel_bytes = (size_t)conf->log_channel_bytes;
	limits.max_subscriptions = (unsigned)conf->max_subscriptions;
	limits.replay_limit = conf->replay_limit;
	limits.replay_budget = conf->replay_budget;
	limits.page_bytes = (size_t)conf->page_bytes;
	limits.linger_ms = conf->linger_ms;
	limits.join_timeout_ms = conf->join_timeout_ms;
	limits.rights_keep_ms = conf->rights_keep_ms;
	limits.rights_max = (size_t)conf->rights_max;
	limits.acl_poll_ms = conf->acl_poll_ms;
	limits.lookup_batch = (size_t)conf->lookup_batch;
	return limits;
}

struct hub_loop *
hub_loop_new(struct worker *w)
{
	struct hub_loop *hl = mem_new(1, sizeof(*hl));
	const struct hub_io io = hub_loop_io(hl);
	const struct presence_io presence_io = hub_loop_io_presence(hl);
	const struct hub_limits limits = hub_loop_limits(w->env.conf);
	const struct presence_limits presence_limits = {
	    .hold_ms = w->env.conf->presence_hold_ms,
	    .idle_ms = w->env.conf->presence_idle_ms};

	hl->worker = w;
	hl->hub = hub_new(&w->env, &w->conns, &limits, &io);
	hl->presence = presence_new(&w->env, &w->conns, &presence_limits, &presence_io);
	hub_loop_start(hl);
	return hl;
}

void
hub_loop_set_limits(struct hub_loop *hl)
{
	const struct hub_limits limits = hub_loop_limits(hl->worker->env.conf);

	hub_set_limits(hl->hub, &limits);
}

void
hub_loop_close(struct hub_loop **hl)
{
	struct hub_loop *h = *hl;

	if (h == NULL)
		return;
	ev_prepare_stop(h->worker->env.loop, &h->turn);
	ev_idle_stop(h->worker->env.loop, &h->more);
	*hl = NULL;
	/* so that hub_loop_end() frees h if no question is under way */
	hub_loop_begin(h);
	h->closed = true;
	hub_loop_end(h);
}

struct hub *
hub_loop_hub(const struct hub_loop *hl)
{
	return hl->hub;
}

struct presence *
hub_loop_presence(const struct hub_loop *hl)
{
	return hl->presence;
}

void
hub_loop_message(struct hub_loop *hl, const char *topic, const char *data, size_t len)
{
	if (presence_owns(topic))
		presence_message(hl->presence, topic, data, len);
	else
		hub_on_topic_message(hl->hub, topic, data, len);
}

void
hub_loop_subscribed(struct hub_loop *hl, const char *topic)
{
	if (presence_owns(topic))
		presence_subscribed(hl->presence, topic);
	else
		hub_on_topic_subscribed(hl->hub, topic);
}

void
hub_loop_topics_state(struct hub_loop *hl, bool up)
{
	hub_on_topics_state(hl->hub, up);
}

void
hub_loop_redis_state(struct hub_loop *hl, bool up)
{
	presence_redis_state(hl->presence, up);
}
