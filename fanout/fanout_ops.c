/* Serves /healthz, /readyz, /metrics and /version. */
#include "fanout_ops.h"

#include <unistd.h>

#include "core/clock.h"
#include "core/outage.h"
#include "emf/emf.h"
#include "fanout_metrics.h"
#include "ops/ops.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/db_store.h"

#include "core/banned.h"

#define HUNG_AFTER_MS 15000 /* longer than a few statements take */

int64_t
fanout_ops_hung_after_ms(const struct fanout_conf *conf)
{
	const int64_t slow_ms = 3 * conf->common.database_timeout_ms;

	return slow_ms > HUNG_AFTER_MS ? slow_ms : HUNG_AFTER_MS;
}

struct fanout_ops {
	const struct fanout_conf *conf;
	struct metrics *metrics;
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct arena *arena;
	unsigned next_check; /* counts the calls of fanout_ops_watch() */
	struct emf *emf;     /* NULL without ES_METRICS_EMF */
};

static const struct emf_row emf_rows[] = {
    {"QueueDepth", "Count", EMF_GAUGE, FM_QUEUE_MESSAGES, 1, 1},
    {"QueueAgeSeconds", "Seconds", EMF_GAUGE, FM_QUEUE_AGE, 1, 1},
    {"DeadLetters", "Count", EMF_GROWTH, FM_DEAD, 1, 1},
};

static void
fanout_ops_healthz(void *ctx, struct ops_answer *out)
{
	const struct fanout_ops *o = ctx;

	for (unsigned i = 0; i < (unsigned)o->conf->workers; i++)
		if (!ops_draining() && metrics_beat_age_ms(o->metrics, i) >
					   fanout_ops_hung_after_ms(o->conf)) {
			out->status = 503;
			text_addf(out->body, "{\"status\":\"stuck\",\"worker\":%u}\n", i);
			return;
		}
	text_addf(out->body, "{\"status\":\"ok\"}\n");
}

static enum es_code
fanout_ops_check_service(struct fanout_ops *o, enum outage_of what, struct es_err *err)
{
	struct redis_value v;

	if (what == OUTAGE_POSTGRES)
		return db_store_ready(o->pg, o->arena, err);
	if (what == OUTAGE_REDIS)
		return redis_text(o->redis, o->arena, &v, err, "PING", NULL);
	return queue_check(o->queue, err);
}

/* Checks one service, and logs the begin or the end of an outage. */
static struct ops_check
fanout_ops_check_one(struct fanout_ops *o, enum outage_of what)
{
	static const char *const names[OUTAGE_KINDS] = {"postgres", "redis", "queue"};
	const int64_t start_ms = clock_mono_ms();
	char *reason = arena_alloc(o->arena, ES_REASON_MAX);
	struct es_err err = {0};
	const enum es_code rc = fanout_ops_check_service(o, what, &err);

	outage_report_check(what, rc, &err);
	es_err_reason(&err, reason);
	return (struct ops_check){.name = names[what],
	    .ok = rc == ES_OK,
	    .ms = clock_mono_ms() - start_ms,
	    .detail = rc == ES_OK ? NULL : reason};
}

static void
fanout_ops_readyz(void *ctx, struct ops_answer *out)
{
	struct fanout_ops *o = ctx;
	struct ops_check checks[3];

	for (unsigned i = 0; i < OUTAGE_KINDS; i++)
		checks[i] = fanout_ops_check_one(o, i);
	ops_readyz_body(checks, ES_COUNT(checks), ops_draining(), out);
	arena_reset(o->arena);
}

/* While the queue does not answer, its gauges keep their last value; /readyz reports the
 * outage. */
static void
fanout_ops_read_queue(struct fanout_ops *o)
{
	struct queue_stats stats;
	struct es_err err;

	if (queue_stats(o->queue, &stats, &err) == ES_OK) {
		metrics_gauge_set(o->metrics, FM_QUEUE_MESSAGES, stats.messages);
		metrics_gauge_set(o->metrics, FM_QUEUE_BYTES, stats.bytes);
		metrics_gauge_set(o->metrics, FM_QUEUE_AGE, stats.oldest_age_ms / 1000);
	}
}

/* Checks one service per call, so that no call blocks the listener for longer than one
 * time-out. */
static void
fanout_ops_watch(void *ctx)
{
	struct fanout_ops *o = ctx;

	metrics_beat(o->metrics);
	(void)fanout_ops_check_one(o, o->next_check++ % OUTAGE_KINDS);
	arena_reset(o->arena);
	if (o->emf != NULL && emf_due(o->emf)) {
		fanout_ops_read_queue(o);
		emf_write(o->emf, STDERR_FILENO);
	}
}

static void
fanout_ops_metrics(void *ctx, struct ops_answer *out)
{
	struct fanout_ops *o = ctx;

	fanout_ops_read_queue(o);
	out->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_render(o->metrics, out->body);
}

static void
fanout_ops_version(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body,
	    "{\"program\":\"echostream-fanout\",\"version\":\"" ES_VERSION "\"}\n");
}

int
fanout_ops_run(const struct fanout_conf *conf, const struct unix_socket *s,
    struct metrics *m, unsigned slot)
{
	static const struct ops_route routes[] = {
	    {"/healthz", fanout_ops_healthz},
	    {"/readyz", fanout_ops_readyz},
	    {"/metrics", fanout_ops_metrics},
	    {"/version", fanout_ops_version},
	};
	const struct queue_settings qs = fanout_queue_settings(conf);
	const struct pg_settings pgs = {.url = conf->common.database_url,
	    .application_name = "echostream-fanout-ops",
	    .connect_timeout_ms = 1000,
	    .statement_timeout_ms = 1000,
	    .lock_timeout_ms = 1000,
	    .pooled = conf_pooled(conf->common.database_pooler)};
	struct fanout_ops o = {.conf = conf, .metrics = m, .arena = arena_new()};
	struct es_err err;
	int status = 1;

	metrics_use_slot(m, slot);
	if (conf->common.metrics_emf)
		o.emf = emf_new(m, emf_rows, ES_COUNT(emf_rows), "fanout",
		    conf->common.metrics_emf_deployment,
		    conf->common.metrics_emf_period_s * 1000);
	if (pg_open(&pgs, &o.pg, &err) == ES_OK &&
	    redis_open(conf->common.redis_url, 1000, &o.redis, &err) == ES_OK &&
	    queue_open(&qs, &o.queue, &err) == ES_OK)
		status = ops_run(
		    s, conf->ops_from, routes, ES_COUNT(routes), fanout_ops_watch, &o);
	queue_close(&o.queue);
	redis_close(&o.redis);
	pg_close(&o.pg);
	emf_free(&o.emf);
	arena_free(&o.arena);
	return status;
}
