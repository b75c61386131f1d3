/* The answers of fanout's health process: the heartbeats of the workers, each service
 * alone, the gauges of the queue. The listener, the services and the metrics are fakes.
 */
#include <string.h>

#include "core/clock.h"
#include "core/outage.h"
#include "cunit_main.h"
#include "fanout_metrics.h"
#include "fanout_ops.h"
#include "ops/ops.h"
#include "pg/pg.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/db_store.h"

#include "core/banned.h"

#define WORKERS 2
#define FROM    "10.0.0.0/8"

static struct fanout_conf conf;
static enum es_code postgres, redis, queue, stats_say, open_says;
static bool draining;
static int64_t ages_ms[WORKERS], gauges[FANOUT_METRICS];
static char asked[32];    /* a letter for each checked service */
static char outages[32];  /* a letter for each report; upper case: a failure */
static unsigned n_opened; /* open services */
static struct arena *mem;
static struct text body;
static struct ops_answer answer;

static void
note(char *list, size_t size, char what)
{
	const size_t len = strlen(list);

	CU_ASSERT_FATAL(len + 1 < size);
	list[len] = what;
	list[len + 1] = '\0';
}

static enum es_code
say(char what, enum es_code rc, struct es_err *err)
{
	note(asked, sizeof(asked), what);
	return rc == ES_OK ? ES_OK : es_fail(err, rc, "%c is away", what);
}

enum es_code
db_store_ready(struct pg *pg, struct arena *a, struct es_err *err)
{
	(void)pg, (void)a;
	return say('p', postgres, err);
}

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	(void)r, (void)a, (void)out;
	return say('r', redis, err);
}

enum es_code
queue_check(struct queue *q, struct es_err *err)
{
	(void)q;
	return say('q', queue, err);
}

void
outage_report_check(enum outage_of what, enum es_code rc, const struct es_err *err)
{
	static const char names[] = {
	    [OUTAGE_POSTGRES] = 'p', [OUTAGE_REDIS] = 'r', [OUTAGE_QUEUE] = 'q'};

	(void)err;
	note(outages, sizeof(outages),
	    (char)(rc == ES_OK ? names[what] : names[what] - 'a' + 'A'));
}

enum es_code
queue_stats(struct queue *q, struct queue_stats *out, struct es_err *err)
{
	(void)q;
	if (stats_say != ES_OK)
		return es_fail(err, stats_say, "away");
	*out = (struct queue_stats){.messages = 7, .bytes = 800, .oldest_age_ms = 10000};
	return ES_OK;
}

enum es_code
pg_open(const struct pg_settings *settings, struct pg **out, struct es_err *err)
{
	(void)out, (void)err;
	CU_ASSERT_STRING_EQUAL(settings->url, "database");
	CU_ASSERT(settings->statement_timeout_ms > 0);
	n_opened++;
	return ES_OK;
}

void
pg_close(struct pg **pg)
{
	(void)pg;
	n_opened--;
}

enum es_code
redis_open(const char *url, int64_t timeout_ms, struct redis **out, struct es_err *err)
{
	(void)out, (void)err;
	CU_ASSERT_STRING_EQUAL(url, "redis");
	CU_ASSERT(timeout_ms > 0);
	n_opened++;
	return ES_OK;
}

void
redis_close(struct redis **r)
{
	(void)r;
	n_opened--;
}

enum es_code
queue_open(const struct queue_settings *settings, struct queue **out, struct es_err *err)
{
	(void)settings, (void)out;
	n_opened++;
	return open_says == ES_OK ? ES_OK : es_fail(err, open_says, "malformed");
}

void
queue_close(struct queue **q)
{
	(void)q;
	n_opened--;
}

struct queue_settings
fanout_queue_settings(const struct fanout_conf *of)
{
	CU_ASSERT_PTR_EQUAL(of, &conf);
	return (struct queue_settings){0};
}

int64_t
clock_mono_ms(void)
{
	return 1000;
}

void
metrics_use_slot(struct metrics *m, unsigned slot)
{
	(void)m;
	CU_ASSERT_EQUAL(slot, WORKERS);
}

void
metrics_gauge_set(struct metrics *m, unsigned id, int64_t value)
{
	(void)m;
	CU_ASSERT_FATAL(id < FANOUT_METRICS);
	gauges[id] = value;
}

int64_t
metrics_beat_age_ms(const struct metrics *m, unsigned slot)
{
	(void)m;
	CU_ASSERT_FATAL(slot < WORKERS);
	return ages_ms[slot];
}

void
metrics_render(const struct metrics *m, struct text *out)
{
	(void)m;
	text_addf(out, "some_total 1\n");
}

bool
ops_draining(void)
{
	return draining;
}

/* Runs in place of the listener: a part of the test that calls the routes. */
static void (*in_listener)(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx);

int
ops_run(const struct unix_socket *s, const char *from, const struct ops_route routes[],
    unsigned n, void (*watch)(void *ctx), void *ctx)
{
	(void)s;
	CU_ASSERT_STRING_EQUAL(from, FROM);
	in_listener(routes, n, watch, ctx);
	return 0;
}

static void
begin(void)
{
	mem = arena_new();
	conf = (struct fanout_conf){.workers = WORKERS,
	    .ops_from = FROM,
	    .common = {.database_url = "database",
		.redis_url = "redis",
		.database_timeout_ms = 4000}};
	postgres = redis = queue = stats_say = open_says = ES_OK;
	draining = false;
	asked[0] = outages[0] = '\0';
	memset(ages_ms, 0, sizeof(ages_ms));
	memset(gauges, 0, sizeof(gauges));
}

static int
run(void (*part)(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx))
{
	int status;

	in_listener = part;
	status = fanout_ops_run(&conf, NULL, NULL, WORKERS);
	CU_ASSERT_EQUAL(n_opened, 0);
	arena_free(&mem);
	return status;
}

/* The status of a path; 200 unless the handler sets another. */
static int
get(const struct ops_route routes[], unsigned n, const char *path, void *ctx)
{
	unsigned i = 0;

	while (i < n && strcmp(routes[i].path, path) != 0)
		i++;
	CU_ASSERT_FATAL(i < n);
	asked[0] = outages[0] = '\0';
	text_init(&body, mem, 4096);
	answer = (struct ops_answer){.status = 200, .body = &body};
	routes[i].handler(ctx, &answer);
	return answer.status;
}

static void
ask_healthz(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx)
{
	(void)watch;
	ages_ms[0] = ages_ms[1] = 15000;
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 200);
	CU_ASSERT_STRING_EQUAL(body.data, "{\"status\":\"ok\"}\n");
	ages_ms[1] = 15001;
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 503);
	CU_ASSERT_STRING_EQUAL(body.data, "{\"status\":\"stuck\",\"worker\":1}\n");
	ages_ms[0] = ages_ms[1] = -1; /* no heartbeat yet */
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 200);
	/* A worker may be silent for three time-outs of the database. */
	conf.common.database_timeout_ms = 10000;
	ages_ms[0] = 30000;
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 200);
	ages_ms[0] = 30001;
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 503);
	CU_ASSERT_STRING_EQUAL(body.data, "{\"status\":\"stuck\",\"worker\":0}\n");
	/* In a drain, workers may have exited. */
	draining = true;
	CU_ASSERT_EQUAL(get(routes, n, "/healthz", ctx), 200);
	CU_ASSERT_STRING_EQUAL(asked, "");
}

static void
healthz(void)
{
	begin();
	CU_ASSERT_EQUAL(run(ask_healthz), 0);
}

static void
ask_readyz(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx)
{
	enum es_code *const services[] = {&postgres, &redis, &queue};
	static const char *const names[] = {"postgres", "redis", "queue"};
	static const char *const told[] = {"Prq", "pRq", "prQ"};

	(void)watch;
	CU_ASSERT_EQUAL(get(routes, n, "/readyz", ctx), 200);
	CU_ASSERT_STRING_EQUAL(asked, "prq");
	CU_ASSERT_STRING_EQUAL(outages, "prq");
	for (size_t i = 0; i < ES_COUNT(services); i++) {
		*services[i] = ES_UNAVAILABLE;
		CU_ASSERT_EQUAL(get(routes, n, "/readyz", ctx), 503);
		CU_ASSERT_STRING_EQUAL(asked, "prq");
		CU_ASSERT_STRING_EQUAL(outages, told[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(body.data,
		    arena_printf(mem,
			"\"%s\":{\"ok\":false,\"ms\":0,\"detail\":\"%c is away", names[i],
			names[i][0])));
		*services[i] = ES_OK;
	}
	draining = true;
	CU_ASSERT_EQUAL(get(routes, n, "/readyz", ctx), 503);
}

static void
readyz(void)
{
	begin();
	CU_ASSERT_EQUAL(run(ask_readyz), 0);
}

static void
ask_metrics(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx)
{
	(void)watch;
	CU_ASSERT_EQUAL(get(routes, n, "/metrics", ctx), 200);
	CU_ASSERT_STRING_EQUAL(answer.type, "text/plain; version=0.0.4; charset=utf-8");
	CU_ASSERT_STRING_EQUAL(body.data, "some_total 1\n");
	CU_ASSERT_EQUAL(gauges[FM_QUEUE_MESSAGES], 7);
	CU_ASSERT_EQUAL(gauges[FM_QUEUE_BYTES], 800);
	CU_ASSERT_EQUAL(gauges[FM_QUEUE_AGE], 10); /* seconds */
	/* The queue is away: the gauges keep their values. */
	stats_say = ES_UNAVAILABLE;
	gauges[FM_QUEUE_MESSAGES] = 5;
	CU_ASSERT_EQUAL(get(routes, n, "/metrics", ctx), 200);
	CU_ASSERT_STRING_EQUAL(body.data, "some_total 1\n");
	CU_ASSERT_EQUAL(gauges[FM_QUEUE_MESSAGES], 5);
	CU_ASSERT_EQUAL(get(routes, n, "/version", ctx), 200);
	CU_ASSERT_STRING_EQUAL(body.data,
	    "{\"program\":\"echostream-fanout\",\"version\":\"" ES_VERSION "\"}\n");
}

static void
metrics(void)
{
	begin();
	CU_ASSERT_EQUAL(run(ask_metrics), 0);
}

static void
watch_services(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx)
{
	(void)routes, (void)n;
	redis = ES_UNAVAILABLE;
	for (unsigned i = 0; i < 4; i++)
		watch(ctx);
	CU_ASSERT_STRING_EQUAL(asked, "prqp");
	CU_ASSERT_STRING_EQUAL(outages, "pRqp");
}

static void
watched(void)
{
	begin();
	CU_ASSERT_EQUAL(run(watch_services), 0);
}

static void
not_served(
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx)
{
	(void)routes, (void)n, (void)watch, (void)ctx;
	CU_FAIL("it serves without a queue");
}

static void
no_queue(void)
{
	begin();
	open_says = ES_INVALID;
	CU_ASSERT_EQUAL(run(not_served), 1);
}

static CU_TestInfo cases[] = {
    {"/healthz: a worker that hangs", healthz},
    {"/readyz: one service is away", readyz},
    {"/metrics reads the gauges of the queue; /version", metrics},
    {"each call of watch() checks one service", watched},
    {"a queue that can't be opened", no_queue},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("fanout/ops", cases)
