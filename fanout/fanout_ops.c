/* What fanout answers to /healthz, /readyz, /metrics and /version. */
#include "fanout_ops.h"

#include "core/clock.h"
#include "fanout_metrics.h"
#include "ops/ops.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/db_store.h"

#include "core/banned.h"

/* A worker that has not turned for this long hangs: longer than a few statements take. */
#define DEAD_AFTER_MS 15000

static int64_t
dead_after_ms(const struct fanout_conf *conf)
{
	const int64_t slow_ms = 3 * conf->common.database_timeout_ms;

	return slow_ms > DEAD_AFTER_MS ? slow_ms : DEAD_AFTER_MS;
}

struct fanout_ops {
	const struct fanout_conf *conf;
	struct metrics *metrics;
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct arena *arena;
};

static void
healthz(void *ctx, struct ops_answer *out)
{
	const struct fanout_ops *o = ctx;

	for (unsigned i = 0; i < (unsigned)o->conf->workers; i++)
		if (!ops_draining() &&
		    metrics_beat_age_ms(o->metrics, i) > dead_after_ms(o->conf)) {
			out->status = 503;
			text_addf(out->body, "{\"status\":\"stuck\",\"worker\":%u}\n", i);
			return;
		}
	text_addf(out->body, "{\"status\":\"ok\"}\n");
}

static struct ops_check
checked(const char *name, enum es_code rc, int64_t start_ms, struct arena *a,
    const struct es_err *err)
{
	return (struct ops_check){.name = name,
	    .ok = rc == ES_OK,
	    .ms = clock_mono_ms() - start_ms,
	    .detail = rc == ES_OK ? NULL : arena_strdup(a, err->text)};
}

static void
readyz(void *ctx, struct ops_answer *out)
{
	struct fanout_ops *o = ctx;
	struct ops_check checks[3];
	struct redis_value v;
	struct es_err err;
	int64_t start = clock_mono_ms();
	enum es_code rc = db_store_ready(o->pg, o->arena, &err);

	checks[0] = checked("postgres", rc, start, o->arena, &err);
	start = clock_mono_ms();
	rc = redis_text(o->redis, o->arena, &v, &err, "PING", NULL);
	checks[1] = checked("redis", rc, start, o->arena, &err);
	start = clock_mono_ms();
	rc = queue_check(o->queue, &err);
	checks[2] = checked("queue", rc, start, o->arena, &err);
	ops_readyz_body(checks, ES_COUNT(checks), ops_draining(), out);
	arena_reset(o->arena);
}

static void
metrics(void *ctx, struct ops_answer *out)
{
	struct fanout_ops *o = ctx;
	struct queue_stats stats;
	struct es_err err;

	/* Without the queue its gauges keep their last value; readyz tells. */
	if (queue_stats(o->queue, &stats, &err) == ES_OK) {
		metrics_gauge_set(o->metrics, FM_QUEUE_MESSAGES, stats.messages);
		metrics_gauge_set(o->metrics, FM_QUEUE_BYTES, stats.bytes);
		metrics_gauge_set(o->metrics, FM_QUEUE_AGE, stats.oldest_age_ms / 1000);
	}
	out->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_render(o->metrics, out->body);
}

static void
version(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body,
	    "{\"program\":\"echostream-fanout\",\"version\":\"" ES_VERSION "\"}\n");
}

int
fanout_ops_run(const struct fanout_conf *conf, struct metrics *m, unsigned slot)
{
	static const struct ops_route routes[] = {
	    {"/healthz", healthz},
	    {"/readyz", readyz},
	    {"/metrics", metrics},
	    {"/version", version},
	};
	const struct queue_settings qs = fanout_queue_settings(conf);
	const struct pg_settings pgs = {.url = conf->common.database_url,
	    .application_name = "echostream-fanout-ops",
	    .connect_timeout_ms = 1000,
	    .statement_timeout_ms = 1000,
	    .lock_timeout_ms = 1000};
	struct fanout_ops o = {.conf = conf, .metrics = m, .arena = arena_new()};
	struct es_err err;
	int status = 1;

	metrics_use_slot(m, slot);
	if (pg_open(&pgs, &o.pg, &err) == ES_OK &&
	    redis_open(conf->common.redis_url, 1000, &o.redis, &err) == ES_OK &&
	    queue_open(&qs, &o.queue, &err) == ES_OK)
		status = ops_run(conf->ops_listen, routes, ES_COUNT(routes), &o);
	queue_close(&o.queue);
	redis_close(&o.redis);
	pg_close(&o.pg);
	arena_free(&o.arena);
	return status;
}
