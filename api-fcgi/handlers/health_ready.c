/* /readyz: reports whether this program can do its work now. The process checks the
 * services at most once a second, however often clients ask. */
#include "core/clock.h"
#include "core/outage.h"
#include "handlers/handlers.h"
#include "store/db_store.h"

#include "core/banned.h"

#define RESULT_TTL_MS 1000
#define WATCH_MS      1000 /* one service at a time, so each one every 3 s */
#define CHECKS        3

struct check {
	const char *name;
	bool ok;
	int64_t ms;
	char detail[ES_REASON_MAX];
};

struct readiness {
	int64_t at_ms; /* 0: never */
	struct check checks[CHECKS];
};

static enum es_code
health_ready_check_postgres(struct api *api, struct arena *a, struct es_err *err)
{
	return db_store_ready(api->pg, a, err);
}

static enum es_code
health_ready_check_redis(struct api *api, struct arena *a, struct es_err *err)
{
	struct redis_value pong;

	return redis_text(api->redis, a, &pong, err, "PING", NULL);
}

static enum es_code
health_ready_check_queue(struct api *api, struct arena *a, struct es_err *err)
{
	(void)a;
	return queue_check(api->queue, err);
}

static void
health_ready_check_one(struct api *api, struct arena *a, size_t i, struct check *out)
{
	static const struct {
		const char *name;
		enum outage_of outage;
		enum es_code (*check)(struct api *, struct arena *, struct es_err *);
	} services[CHECKS] = {
	    {"postgres", OUTAGE_POSTGRES, health_ready_check_postgres},
	    {"redis", OUTAGE_REDIS, health_ready_check_redis},
	    {"queue", OUTAGE_QUEUE, health_ready_check_queue},
	};
	const int64_t start_ms = clock_mono_ms();
	struct es_err err = {0};
	const enum es_code rc = services[i].check(api, a, &err);

	*out = (struct check){.name = services[i].name,
	    .ok = rc == ES_OK,
	    .ms = clock_mono_ms() - start_ms};
	outage_report_check(services[i].outage, rc, &err);
	es_err_reason(&err, out->detail);
}

static void
health_ready_check_all(struct api *api, struct arena *a, struct readiness *out)
{
	for (size_t i = 0; i < CHECKS; i++)
		health_ready_check_one(api, a, i, &out->checks[i]);
	out->at_ms = clock_mono_ms();
}

/* Checks one service after the other, also when no client calls /readyz. Otherwise the
 * program would never log that it can't reach its database. */
void
health_ready_watch(struct api *api)
{
	static int64_t due_ms;
	static size_t next;
	struct arena *a;
	struct check c;

	if (clock_mono_ms() < due_ms)
		return;
	a = arena_new();
	health_ready_check_one(api, a, next++ % CHECKS, &c);
	arena_free(&a);
	due_ms = clock_mono_ms() + WATCH_MS;
}

/* GET /readyz */
enum es_code
health_readyz(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	/* Only the health process serves this, one request at a time. */
	static struct readiness result;
	bool ok = true;
	struct json_write w;

	(void)err;
	if (result.at_ms == 0 || clock_mono_ms() - result.at_ms >= RESULT_TTL_MS)
		health_ready_check_all(api, req->arena, &result);
	for (size_t i = 0; i < CHECKS; i++)
		ok = ok && result.checks[i].ok;
	http_json(res, &w, ok ? 200 : 503);
	jw_object(&w, NULL);
	jw_string(&w, "status", ok ? "ok" : "unavailable");
	jw_object(&w, "checks");
	for (size_t i = 0; i < CHECKS; i++) {
		jw_object(&w, result.checks[i].name);
		jw_bool(&w, "ok", result.checks[i].ok);
		jw_int(&w, "ms", result.checks[i].ms);
		if (!result.checks[i].ok)
			jw_string(&w, "detail", result.checks[i].detail);
		jw_object_end(&w);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	return ES_OK;
}
