#include "worker/worker_run.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "conn/conn_reap.h"
#include "conn/ws.h"
#include "core/check.h"
#include "door/accept.h"
#include "queue/queue_async.h"
#include "redis/redis_async.h"
#include "send/send_outcomes.h"
#include "worker/drain.h"
#include "worker/forget.h"
#include "worker/hub_loop.h"
#include "worker/periodic.h"
#include "worker/pgio.h"
#include "worker/push_reload.h"
#include "worker/replay.h"
#include "worker/worker.h"

#include "core/banned.h"

/* Maximum number of statements in flight on each pipeline to PostgreSQL. */
#define PG_IN_FLIGHT    4096
#define WRITE_IN_FLIGHT 4
/* number of descriptors for listeners, databases and libwebsockets itself */
#define OTHER_DESCRIPTORS 256

/* A worker with its libev watchers. */
struct worker_run {
	struct worker worker;
	struct pgio *pg, *write;
	struct periodic periodic;
	ev_prepare turn;
	ev_timer wake; /* fires at env.wake_ms */
	ev_signal term, intr;
	struct push_reload *reload;
};

static void
worker_run_gauge(struct worker *w, enum push_metric which, bool up, const char *what)
{
	metrics_gauge_set(w->env.metrics, which, up ? 1 : 0);
	log_info(up ? "connected" : "disconnected", LOG_STR("to", what));
}

static void
worker_run_on_pg(void *ctx, bool up)
{
	worker_run_gauge(ctx, PM_PG_UP, up, "postgres");
}

static void
worker_run_on_redis(void *ctx, bool up)
{
	struct worker *w = ctx;

	worker_run_gauge(w, PM_REDIS_UP, up, "redis");
	if (w->hub_loop != NULL)
		hub_loop_redis_state(w->hub_loop, up);
}

static void
worker_run_on_message(void *ctx, const char *topic, const char *data, size_t len)
{
	struct worker *w = ctx;

	w->env.now_ms = clock_mono_ms();
	if (strcmp(topic, send_outcomes_topic(w->outcomes)) == 0)
		send_outcomes_message(w->outcomes, data, len);
	else
		hub_loop_message(w->hub_loop, topic, data, len);
}

static void
worker_run_on_subscribed(void *ctx, const char *topic)
{
	struct worker *w = ctx;

	w->env.now_ms = clock_mono_ms();
	if (strcmp(topic, send_outcomes_topic(w->outcomes)) == 0)
		send_outcomes_on_subscribed(w->outcomes);
	else
		hub_loop_subscribed(w->hub_loop, topic);
}

static void
worker_run_on_topics(void *ctx, bool up)
{
	struct worker *w = ctx;

	worker_run_gauge(w, PM_TOPICS_UP, up, "pubsub");
	if (w->hub_loop != NULL)
		hub_loop_topics_state(w->hub_loop, up);
}

/* Opens the connections to PostgreSQL, Redis and the queue. None of these calls waits for
 * the other side. */
static enum es_code
worker_run_connect(struct worker_run *r, struct es_err *err)
{
	struct worker *w = &r->worker;
	const struct conf_common *conf = &w->env.conf->common;
	const struct redis_topics_events events = {
	    .message = worker_run_on_message,
	    .subscribed = worker_run_on_subscribed,
	    .state = worker_run_on_topics,
	    .ctx = w,
	};
	struct pg_settings pg;
	struct queue_settings queue;

	push_conf_pg(w->env.conf, &pg);
	push_conf_queue(w->env.conf, &queue);
	TRY(pgio_open(&w->env, &pg, PG_IN_FLIGHT, worker_run_on_pg, w, &r->pg, err));
	w->pg = pgio_pipeline(r->pg);
	TRY(pgio_open(&w->env, &pg, WRITE_IN_FLIGHT, NULL, NULL, &r->write, err));
	w->pg_write = pgio_pipeline(r->write);
	TRY(replay_open(&w->env, &w->replay, err));
	TRY(redis_async_open(w->env.loop, conf->redis_url, conf->redis_timeout_ms,
	    worker_run_on_redis, w, &w->redis, err));
	TRY(redis_topics_open(w->env.loop, conf->redis_url, &events, &w->topics, err));
	return queue_async_open(w->env.loop, &queue, &w->queue, err);
}

static enum es_code
worker_run_open(struct worker_run *r, struct es_err *err)
{
	struct worker *w = &r->worker;

	TRY(worker_run_connect(r, err));
	w->hub_loop = hub_loop_new(w);
	w->hub = hub_loop_hub(w->hub_loop);
	w->presence = hub_loop_presence(w->hub_loop);
	TRY(worker_compose(w, err));
	redis_topics_add(w->topics, send_outcomes_topic(w->outcomes));
	return ws_open(&w->conns, err);
}

static void
worker_run_on_turn(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	struct worker_run *r = ES_CONTAINER(prepare, struct worker_run, turn);
	struct loop_env *env = &r->worker.env;

	(void)events;
	worker_turn(&r->worker);
	if (env->deleted)
		forget_deleted(&r->worker);
	ev_timer_stop(loop, &r->wake);
	if (env->wake_ms != INT64_MAX) {
		const int64_t after_ms = env->wake_ms - env->now_ms;

		ev_timer_set(
		    &r->wake, after_ms > 0 ? (ev_tstamp)after_ms / 1000 : 0.0, 0.0);
		ev_timer_start(loop, &r->wake);
	}
	env->wake_ms = INT64_MAX;
}

/* The timer only wakes the loop. */
static void
worker_run_on_wake(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)timer, (void)events;
}

static void
worker_run_on_term(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct worker_run *r = signal->data;

	(void)loop, (void)events;
	drain_begin(&r->worker);
}

static void
worker_run_start_watchers(struct worker_run *r)
{
	struct ev_loop *loop = r->worker.env.loop;

	ev_prepare_init(&r->turn, worker_run_on_turn);
	ev_set_priority(&r->turn, EV_MINPRI); /* runs after the hub's watcher */
	ev_prepare_start(loop, &r->turn);
	ev_timer_init(&r->wake, worker_run_on_wake, 0.0, 0.0);
	periodic_start(&r->periodic, &r->worker);
	ev_signal_init(&r->term, worker_run_on_term, SIGTERM);
	r->term.data = r;
	ev_signal_start(loop, &r->term);
	ev_signal_init(&r->intr, worker_run_on_term, SIGINT);
	r->intr.data = r;
	ev_signal_start(loop, &r->intr);
}

static void
worker_run_take_down(struct worker_run *r)
{
	struct worker *w = &r->worker;

	periodic_stop(&r->periodic);
	accept_free(&w->accept);
	drain_free(&w->drain);
	ws_close(&w->conns);
	conn_reap(&w->conns);
	hub_loop_close(&w->hub_loop);
	queue_async_close(&w->queue);
	redis_topics_close(&w->topics);
	redis_async_close(&w->redis);
	replay_close(&w->replay);
	pgio_close(&r->write);
	pgio_close(&r->pg);
	worker_fini(w);
	push_reload_free(&r->reload);
}

/* Limits the descriptors to what this worker can use. libwebsockets allocates tables of
 * the limit's size, and containers often set the limit to a billion. */
static void
worker_run_limit_descriptors(const struct push_conf *conf)
{
	const rlim_t want =
	    (rlim_t)(conf->connections + conf->handshakes) + OTHER_DESCRIPTORS;
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (want > limit.rlim_max)
		log_warn("fewer descriptors than ES_PUSH_CONNECTIONS needs",
		    LOG_INT("limit", (int64_t)limit.rlim_max),
		    LOG_INT("needed", (int64_t)want));
	limit.rlim_cur = want < limit.rlim_max ? want : limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int
worker_run(struct push_conf *conf, const struct conf_share *share,
    struct metrics *metrics, struct trace *trace, const struct push_listen *listen,
    unsigned index, unsigned slot)
{
	struct worker_run *r = mem_new(1, sizeof(*r));
	struct worker *w = &r->worker;
	struct es_err err = {0};

	(void)signal(SIGPIPE, SIG_IGN);
	worker_run_limit_descriptors(conf);
	metrics_use_slot(metrics, slot);
	worker_init(
	    w, ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV), conf, metrics, index);
	w->env.trace = trace;
	if (worker_run_open(r, &err) != ES_OK) {
		log_error("can't start", LOG_ERR_FIELDS(&err));
		return 1;
	}
	worker_run_start_watchers(r);
	r->reload = push_reload_new(w, conf, share);
	w->accept = accept_new(&w->env, w->handshake, listen, index);
	log_info("ready", LOG_INT("worker", index), LOG_STR("process", w->env.id.text));
	ev_run(w->env.loop, 0);
	log_info("stopped", LOG_INT("worker", index), LOG_INT("connections", w->conns.n));
	worker_run_take_down(r);
	mem_free(r);
	return 0;
}
