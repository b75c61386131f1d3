/* /healthz: a pool is alive while one of its workers has a recent heartbeat. /readyz: the
 * state of each service, checked at most once a second. Services, heartbeats and the
 * clock are fakes. */
#include <string.h>

#include "core/clock.h"
#include "core/outage.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "store/db_store.h"

#include "core/banned.h"

#define SEND_WORKERS 2
#define API_WORKERS  3

static const struct api_conf conf = {
    .send_workers = SEND_WORKERS, .api_workers = API_WORKERS};
static int64_t now_ms, takes_ms, ages_ms[SEND_WORKERS + API_WORKERS];
static enum es_code postgres, redis, queue;
static char asked[32];   /* the services asked, in order: p r q */
static char outages[32]; /* the services reported: P R Q when down, p r q when up */
static struct arena *mem;
static struct http_res res;

int64_t
clock_mono_ms(void)
{
	return now_ms;
}

int64_t
metrics_beat_age_ms(const struct metrics *m, unsigned slot)
{
	(void)m;
	CU_ASSERT_FATAL(slot < ES_COUNT(ages_ms));
	return ages_ms[slot];
}

void
metrics_render(const struct metrics *m, struct text *out)
{
	(void)m;
	text_addf(out, "some_total 1\n");
}

static void
note(char *list, size_t size, char what)
{
	const size_t len = strlen(list);

	CU_ASSERT_FATAL(len + 1 < size);
	list[len] = what;
	list[len + 1] = '\0';
}

static enum es_code
answer(char what, enum es_code rc, struct es_err *err)
{
	note(asked, sizeof(asked), what);
	now_ms += takes_ms;
	return rc == ES_OK ? ES_OK : es_fail(err, rc, "%c is away", what);
}

enum es_code
db_store_ready(struct pg *pg, struct arena *a, struct es_err *err)
{
	(void)pg, (void)a;
	return answer('p', postgres, err);
}

enum es_code
redis_text(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err, ...)
{
	(void)r, (void)a, (void)out;
	return answer('r', redis, err);
}

enum es_code
queue_check(struct queue *q, struct es_err *err)
{
	(void)q;
	return answer('q', queue, err);
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

static int
call(http_handler *handler)
{
	struct api api = {.conf = &conf};
	const struct http_req req = {.arena = mem};
	struct es_err err;

	asked[0] = outages[0] = '\0';
	http_res_init(&res, mem);
	CU_ASSERT_EQUAL(handler(&api, &req, &res, &err), ES_OK);
	return res.status;
}

static void
begin(void)
{
	mem = arena_new();
	now_ms += 10000;
	takes_ms = 0;
	postgres = redis = queue = ES_OK;
	for (size_t i = 0; i < ES_COUNT(ages_ms); i++)
		ages_ms[i] = 0;
}

/* A pool needs one worker with a recent heartbeat. -1: the worker has written none. */
static void
pools(void)
{
	static const struct {
		int64_t ages_ms[SEND_WORKERS + API_WORKERS];
		int status;
		const char *says;
	} rows[] = {
	    {{0, 0, 0, 0, 0}, 200,
		"{\"status\":\"ok\",\"pools\":{\"send\":\"ok\",\"api\":\"ok\"}}"},
	    {{-1, 30000, -1, -1, 30000}, 200,
		"{\"status\":\"ok\",\"pools\":{\"send\":\"ok\",\"api\":\"ok\"}}"},
	    {{-1, -1, 0, 0, 0}, 503,
		"{\"status\":\"stalled\",\"pools\":{\"send\":\"stalled\",\"api\":\"ok\"}"
		"}"},
	    {{30001, -1, 0, 0, 0}, 503,
		"{\"status\":\"stalled\",\"pools\":{\"send\":\"stalled\",\"api\":\"ok\"}"
		"}"},
	    {{0, 0, -1, 30001, -1}, 503,
		"{\"status\":\"stalled\",\"pools\":{\"send\":\"ok\",\"api\":\"stalled\"}"
		"}"},
	};

	begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		memcpy(ages_ms, rows[i].ages_ms, sizeof(ages_ms));
		CU_ASSERT_EQUAL(call(health_healthz), rows[i].status);
		CU_ASSERT_STRING_EQUAL(res.body.data, rows[i].says);
		CU_ASSERT_STRING_EQUAL(asked, "");
	}
	arena_free(&mem);
}

static void
ready_while_all_services_answer(void)
{
	begin();
	takes_ms = 3;
	CU_ASSERT_EQUAL(call(health_readyz), 200);
	CU_ASSERT_STRING_EQUAL(res.body.data,
	    "{\"status\":\"ok\",\"checks\":{\"postgres\":{\"ok\":true,\"ms\":3},"
	    "\"redis\":{\"ok\":true,\"ms\":3},\"queue\":{\"ok\":true,\"ms\":3}}}");
	CU_ASSERT_STRING_EQUAL(asked, "prq");
	CU_ASSERT_STRING_EQUAL(outages, "prq");
	arena_free(&mem);
}

/* One service at a time fails; the answer names the service and the reason. */
static void
not_ready_while_one_service_is_away(void)
{
	static enum es_code *const services[] = {&postgres, &redis, &queue};
	static const char *const says[] = {
	    "\"postgres\":{\"ok\":false,\"ms\":0,\"detail\":\"p is away\"}",
	    "\"redis\":{\"ok\":false,\"ms\":0,\"detail\":\"r is away\"}",
	    "\"queue\":{\"ok\":false,\"ms\":0,\"detail\":\"q is away\"}",
	};
	static const char *const told[] = {"Prq", "pRq", "prQ"};

	for (size_t i = 0; i < ES_COUNT(services); i++) {
		begin();
		*services[i] = ES_UNAVAILABLE;
		CU_ASSERT_EQUAL(call(health_readyz), 503);
		CU_ASSERT_PTR_NOT_NULL(strstr(res.body.data, says[i]));
		CU_ASSERT_PTR_NOT_NULL(
		    strstr(res.body.data, "{\"status\":\"unavailable\","));
		CU_ASSERT_STRING_EQUAL(asked, "prq");
		CU_ASSERT_STRING_EQUAL(outages, told[i]);
		arena_free(&mem);
	}
}

/* An answer is cached for one second, whether the services work or not. */
static void
kept(void)
{
	begin();
	CU_ASSERT_EQUAL(call(health_readyz), 200);
	postgres = ES_UNAVAILABLE;
	now_ms += 999;
	CU_ASSERT_EQUAL(call(health_readyz), 200);
	CU_ASSERT_STRING_EQUAL(asked, "");
	now_ms += 1;
	CU_ASSERT_EQUAL(call(health_readyz), 503);
	CU_ASSERT_STRING_EQUAL(asked, "prq");
	postgres = ES_OK;
	now_ms += 999;
	CU_ASSERT_EQUAL(call(health_readyz), 503);
	CU_ASSERT_STRING_EQUAL(asked, "");
	arena_free(&mem);
}

/* health_ready_watch() asks one service per second, each in turn. */
static void
watched(void)
{
	struct api api = {.conf = &conf};

	begin();
	asked[0] = outages[0] = '\0';
	redis = ES_UNAVAILABLE;
	for (unsigned i = 0; i < 4; i++) {
		health_ready_watch(&api);
		now_ms += 999;
		health_ready_watch(&api);
		now_ms += 1;
	}
	CU_ASSERT_STRING_EQUAL(asked, "prqp");
	CU_ASSERT_STRING_EQUAL(outages, "pRqp");
	arena_free(&mem);
}

static void
metrics_and_version(void)
{
	begin();
	CU_ASSERT_EQUAL(call(health_metrics), 200);
	CU_ASSERT_STRING_EQUAL(res.type, "text/plain; version=0.0.4; charset=utf-8");
	CU_ASSERT_STRING_EQUAL(res.body.data, "some_total 1\n");
	CU_ASSERT_EQUAL(call(health_version), 200);
	CU_ASSERT_STRING_EQUAL(res.body.data,
	    "{\"name\":\"echostream-api\",\"version\":\"" ES_VERSION "\"}");
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"a pool is alive while one of its workers is", pools},
    {"ready while all services answer", ready_while_all_services_answer},
    {"not ready while one service is away", not_ready_while_one_service_is_away},
    {"an answer is cached for 1 s", kept},
    {"services are watched in turn", watched},
    {"metrics and version", metrics_and_version},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/health", cases)
