#include "worker/push_ops.h"

#include <signal.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/outage.h"
#include "emf/emf.h"
#include "env/push_metrics.h"
#include "ops/ops.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/db_store.h"

#include "core/banned.h"

struct push_ops {
	const struct push_conf *conf;
	struct metrics *metrics;
	struct pg *pg;
	struct redis *redis;
	struct queue *queue;
	struct arena *arena;
	unsigned watched; /* calls of push_ops_watch() */
	struct emf *emf;  /* NULL without ES_METRICS_EMF */
};

static const struct emf_row emf_rows[] = {
    {"Connections", "Count", EMF_GAUGE, PM_CONNECTIONS, 1, 1},
    {"DeliveryP95Ms", "Milliseconds", EMF_P95_MS, PM_DELIVERY, 1, 1},
};

static void
push_ops_healthz(void *ctx, struct ops_answer *out)
{
	const struct push_ops *o = ctx;

	for (unsigned i = 0; i < (unsigned)o->conf->workers; i++)
		if (!ops_draining() &&
		    metrics_beat_age_ms(o->metrics, i) > PUSH_OPS_HUNG_AFTER_MS) {
			out->status = 503;
			text_addf(out->body, "{\"status\":\"stuck\",\"worker\":%u}\n", i);
			return;
		}
	text_addf(out->body, "{\"status\":\"ok\"}\n");
}

static enum es_code
push_ops_ask(struct push_ops *o, enum outage_of what, struct es_err *err)
{
	struct redis_value v;

	if (what == OUTAGE_POSTGRES)
		return db_store_ready(o->pg, o->arena, err);
	if (what == OUTAGE_REDIS)
		return redis_text(o->redis, o->arena, &v, err, "PING", NULL);
	return queue_check(o->queue, err);
}

/* Asks one service, and reports the result to outage.h. */
static struct ops_check
push_ops_look_at(struct push_ops *o, enum outage_of what)
{
	static const char *const names[OUTAGE_KINDS] = {"postgres", "redis", "queue"};
	const int64_t start_ms = clock_mono_ms();
	char *reason = arena_alloc(o->arena, ES_REASON_MAX);
	struct es_err err = {0};
	const enum es_code rc = push_ops_ask(o, what, &err);

	outage_report_check(what, rc, &err);
	es_err_reason(&err, reason);
	return (struct ops_check){.name = names[what],
	    .ok = rc == ES_OK,
	    .ms = clock_mono_ms() - start_ms,
	    .detail = rc == ES_OK ? NULL : reason};
}

/* Checks one service in each call, so that a call delays the listener by no more than one
 * time-out. */
static void
push_ops_watch(void *ctx)
{
	struct push_ops *o = ctx;

	metrics_beat(o->metrics);
	(void)push_ops_look_at(o, o->watched++ % OUTAGE_KINDS);
	arena_reset(o->arena);
	if (o->emf != NULL && emf_due(o->emf))
		emf_write(o->emf, STDERR_FILENO);
}

/* Checks a gauge that every healthy worker sets to 1. */
static struct ops_check
push_ops_counted(
    const struct push_ops *o, const char *name, enum push_metric up, const char *what)
{
	const int64_t n = metrics_sum(o->metrics, up);

	return (struct ops_check){.name = name,
	    .ok = n == o->conf->workers,
	    .detail = n == o->conf->workers
	                  ? NULL
	                  : arena_printf(o->arena, "%lld of %lld workers %s",
				(long long)n, (long long)o->conf->workers, what)};
}

static void
push_ops_readyz(void *ctx, struct ops_answer *out)
{
	struct push_ops *o = ctx;
	struct ops_check checks[8];
	const int64_t stale = metrics_sum(o->metrics, PM_AUTHZ_STALE);

	for (unsigned i = 0; i < OUTAGE_KINDS; i++)
		checks[i] = push_ops_look_at(o, i);
	checks[3] = push_ops_counted(o, "pubsub", PM_TOPICS_UP, "subscribed");
	checks[4] = push_ops_counted(o, "workerPostgres", PM_PG_UP, "connected");
	checks[5] = push_ops_counted(o, "workerRedis", PM_REDIS_UP, "connected");
	checks[6] = push_ops_counted(o, "workerQueue", PM_QUEUE_UP, "connected");
	checks[7] = (struct ops_check){.name = "membership",
	    .ok = stale == 0,
	    .detail =
		stale == 0 ? NULL : "no check of memberships has succeeded for 60 s"};
	ops_readyz_body(checks, ES_COUNT(checks), ops_draining(), out);
	arena_reset(o->arena);
}

static void
push_ops_metrics(void *ctx, struct ops_answer *out)
{
	const struct push_ops *o = ctx;

	out->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_render(o->metrics, out->body);
}

static void
push_ops_version(void *ctx, struct ops_answer *out)
{
	(void)ctx;
	text_addf(out->body,
	    "{\"program\":\"echostream-push\",\"version\":\"" ES_VERSION "\"}\n");
}

int
push_ops_run(const struct push_conf *conf, const struct unix_socket *s, struct metrics *m,
    unsigned slot)
{
	static const struct ops_route routes[] = {
	    {"/healthz", push_ops_healthz},
	    {"/readyz", push_ops_readyz},
	    {"/metrics", push_ops_metrics},
	    {"/version", push_ops_version},
	};
	struct push_ops o = {.conf = conf, .metrics = m, .arena = arena_new()};
	struct queue_settings queue;
	struct pg_settings pg;
	struct es_err err;
	int status = 1;

	push_conf_queue(conf, &queue);
	push_conf_pg(conf, &pg);
	pg.application_name = "echostream-push-ops";
	pg.connect_timeout_ms = pg.statement_timeout_ms = 1000;
	queue.timeout_ms = 1000;
	(void)signal(SIGHUP, SIG_IGN);
	metrics_use_slot(m, slot);
	if (conf->common.metrics_emf)
		o.emf = emf_new(m, emf_rows, ES_COUNT(emf_rows), "push",
		    conf->common.metrics_emf_deployment,
		    conf->common.metrics_emf_period_s * 1000);
	if (pg_open(&pg, &o.pg, &err) == ES_OK &&
	    redis_open(conf->common.redis_url, 1000, &o.redis, &err) == ES_OK &&
	    queue_open(&queue, &o.queue, &err) == ES_OK)
		status = ops_run(
		    s, conf->ops_from, routes, ES_COUNT(routes), push_ops_watch, &o);
	queue_close(&o.queue);
	redis_close(&o.redis);
	pg_close(&o.pg);
	emf_free(&o.emf);
	arena_free(&o.arena);
	return status;
}
