#include "worker/worker.h"

#include <signal.h>
#include <string.h>
#include <sys/resource.h>

#include "conn/conn_write.h"
#include "conn/ping_wheel.h"
#include "conn/ws.h"
#include "core/check.h"
#include "door/accept.h"
#include "door/handshake.h"
#include "door/origins.h"
#include "queue/queue_async.h"
#include "redis/redis_async.h"
#include "send/send_outcomes.h"
#include "send/send_queue.h"
#include "who/conn_auth.h"
#include "worker/drain.h"
#include "worker/pgio.h"

#include "core/banned.h"

#define AUTH_IN_FLIGHT     4096
#define BESIDE_CONNECTIONS 256 /* listeners, databases, libwebsockets' own */
#define REPLAY_IN_FLIGHT   64

/* A worker and its watchers. */
struct shop {
	struct worker worker;
	struct pgio *auth, *replay;
	ev_prepare turn;
	ev_timer fast, second;
	ev_signal term, intr;
};

static void
worker_up_gauge(struct worker *w, enum push_metric which, bool up, const char *what)
{
	metrics_gauge_set(w->metrics, which, up ? 1 : 0);
	log_info(up ? "connected" : "disconnected", LOG_STR("to", what));
}

static void
worker_on_pg(struct worker *w, bool up)
{
	worker_up_gauge(w, PM_PG_UP, up, "postgres");
}

static void
worker_on_redis(void *ctx, bool up)
{
	struct worker *w = ctx;

	worker_up_gauge(w, PM_REDIS_UP, up, "redis");
	if (w->hub != NULL)
		hub_redis_state(w->hub, up);
}

static void
worker_on_topic_message(void *ctx, const char *topic, const char *data, size_t len)
{
	struct worker *w = ctx;

	w->now_ms = clock_mono_ms();
	if (strcmp(topic, send_outcomes_topic(w->send_outcomes)) == 0)
		send_outcomes_message(w->send_outcomes, data, len);
	else
		hub_topic_message(w->hub, topic, data, len);
}

static void
worker_on_topic_subscribed(void *ctx, const char *topic)
{
	struct worker *w = ctx;

	w->now_ms = clock_mono_ms();
	if (strcmp(topic, send_outcomes_topic(w->send_outcomes)) == 0)
		send_outcomes_subscribed(w);
	else
		hub_topic_subscribed(w->hub, topic);
}

static void
worker_on_topics_state(void *ctx, bool up)
{
	struct worker *w = ctx;

	worker_up_gauge(w, PM_TOPICS_UP, up, "pubsub");
	if (w->hub != NULL)
		hub_topics_state(w->hub, up);
}

/* Before the loop sleeps: what this turn has produced goes out, what it has ended is
 * gone. */
void
worker_turn(struct worker *w)
{
	w->now_ms = clock_mono_ms();
	conn_auth_turn(w);
	conn_write_flush(w);
	conn_reap(w);
}

static void
worker_on_turn(struct ev_loop *loop, ev_prepare *prepare, int events)
{
	(void)loop, (void)events;
	worker_turn(&ES_CONTAINER(prepare, struct shop, turn)->worker);
}

static void
worker_on_fast(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct shop *s = ES_CONTAINER(timer, struct shop, fast);
	struct worker *w = &s->worker;

	(void)loop, (void)events;
	w->now_ms = clock_mono_ms();
	send_outcomes_tick(w);
	send_queue_tick(w);
	ping_wheel_turn(w->wheel, w->now_ms);
}

void
worker_second(struct worker *w)
{
	w->now_ms = clock_mono_ms();
	metrics_beat(w->metrics);
	metrics_gauge_set(w->metrics, PM_QUEUE_UP, queue_async_up(w->queue) ? 1 : 0);
	conn_write_tick(w);
	conn_cut_overdue(w);
	conn_auth_tick(w);
	origins_tick(w->origins);
}

static void
worker_on_second(struct ev_loop *loop, ev_timer *timer, int events)
{
	(void)loop, (void)events;
	worker_second(&ES_CONTAINER(timer, struct shop, second)->worker);
}

static void
worker_on_term(struct ev_loop *loop, ev_signal *signal, int events)
{
	struct shop *s = signal->data;

	(void)loop, (void)events;
	drain_begin(&s->worker);
}

/* The doors to the outside; none of them waits for the other side to be there. */
static enum es_code
worker_open_doors(struct shop *s, struct es_err *err)
{
	struct worker *w = &s->worker;
	const struct conf_common *conf = &w->conf->common;
	const struct redis_topics_events events = {
	    .message = worker_on_topic_message,
	    .subscribed = worker_on_topic_subscribed,
	    .state = worker_on_topics_state,
	    .ctx = w,
	};
	struct pg_settings pg;
	struct queue_settings queue;

	push_conf_pg(w->conf, &pg);
	push_conf_queue(w->conf, &queue);
	TRY(pgio_open(w, &pg, AUTH_IN_FLIGHT, worker_on_pg, &s->auth, err));
	w->pg_auth = pgio_pipeline(s->auth);
	TRY(pgio_open(w, &pg, REPLAY_IN_FLIGHT, NULL, &s->replay, err));
	w->pg_replay = pgio_pipeline(s->replay);
	TRY(redis_async_open(w->loop, conf->redis_url, conf->redis_timeout_ms,
	    worker_on_redis, w, &w->redis, err));
	TRY(redis_topics_open(w->loop, conf->redis_url, &events, &w->topics, err));
	TRY(queue_async_open(w->loop, &queue, &w->queue, err));
	TRY(hub_open(w, &w->hub, err));
	redis_topics_add(w->topics, send_outcomes_topic(w->send_outcomes));
	return ws_open(w, &w->ws, err);
}

static void
worker_start_watchers(struct shop *s)
{
	struct ev_loop *loop = s->worker.loop;

	ev_prepare_init(&s->turn, worker_on_turn);
	ev_set_priority(&s->turn, EV_MINPRI); /* after the hub's */
	ev_prepare_start(loop, &s->turn);
	ev_timer_init(&s->fast, worker_on_fast, 0.1, 0.1);
	ev_timer_start(loop, &s->fast);
	ev_timer_init(&s->second, worker_on_second, 0., 1.);
	ev_timer_start(loop, &s->second);
	ev_signal_init(&s->term, worker_on_term, SIGTERM);
	s->term.data = s;
	ev_signal_start(loop, &s->term);
	ev_signal_init(&s->intr, worker_on_term, SIGINT);
	s->intr.data = s;
	ev_signal_start(loop, &s->intr);
}

void
worker_init(struct worker *w, const struct push_conf *conf, struct metrics *metrics,
    unsigned index)
{
	CHECK(w->loop != NULL);
	w->conf = conf;
	w->metrics = metrics;
	w->index = index;
	w->now_ms = clock_mono_ms();
	uuid_new(w->id.text);
	conn_table_init(&w->conns, (uint32_t)conf->connections);
	conn_write_init(w);
	LIST_INIT(&w->expiring);
	w->wheel = ping_wheel_new(w->now_ms, conn_auth_visit);
	w->auth = conn_auth_new(w);
	w->sends = send_queue_new(w);
	w->send_outcomes = send_outcomes_new(w);
	w->origins = origins_new(w);
	w->desk = handshake_new(w);
}

static void
worker_take_down(struct shop *s)
{
	struct worker *w = &s->worker;

	accept_free(&w->accept);
	drain_free(&w->drain);
	ws_close(&w->ws);
	conn_reap(w);
	hub_close(&w->hub);
	queue_async_close(&w->queue);
	redis_topics_close(&w->topics);
	redis_async_close(&w->redis);
	pgio_close(&s->replay);
	pgio_close(&s->auth);
	worker_fini(w);
}

void
worker_fini(struct worker *w)
{
	handshake_free(&w->desk);
	send_outcomes_free(&w->send_outcomes);
	send_queue_free(&w->sends);
	conn_auth_free(&w->auth);
	origins_free(&w->origins);
	ping_wheel_free(&w->wheel);
	conn_table_fini(&w->conns);
}

/* As many descriptors as this worker can use and no more: libwebsockets makes tables of
 * the limit's size, and containers like to set it to a billion. */
static void
worker_limit_descriptors(const struct push_conf *conf)
{
	const rlim_t want =
	    (rlim_t)(conf->connections + conf->visitors) + BESIDE_CONNECTIONS;
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
worker_run(const struct push_conf *conf, struct metrics *metrics,
    const struct push_listen *listen, unsigned index, unsigned slot)
{
	struct shop *s = mem_new(1, sizeof(*s));
	struct es_err err = {0};

	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN); /* nothing is read again */
	worker_limit_descriptors(conf);
	metrics_use_slot(metrics, slot);
	s->worker.loop = ev_default_loop(EVBACKEND_EPOLL | EVFLAG_NOENV);
	worker_init(&s->worker, conf, metrics, index);
	if (worker_open_doors(s, &err) != ES_OK) {
		log_error("start", LOG_STR("detail", err.text));
		return 1;
	}
	worker_start_watchers(s);
	s->worker.accept = accept_new(&s->worker, listen, index);
	log_info(
	    "ready", LOG_INT("worker", index), LOG_STR("process", s->worker.id.text));
	ev_run(s->worker.loop, 0);
	log_info("stopped", LOG_INT("worker", index),
	    LOG_INT("connections", s->worker.conns.n));
	worker_take_down(s);
	mem_free(s);
	return 0;
}
