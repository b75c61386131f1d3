/* /readyz: can this program do its work right now? Asked often, looked at once a second.
 */
#include <string.h>

#include "core/clock.h"
#include "handlers/handlers.h"
#include "store/db_store.h"

#include "core/banned.h"

#define GOOD_MS 1000
#define CHECKS  3

struct check {
	const char *name;
	bool ok;
	int64_t ms;
	char detail[200];
};

struct looked {
	int64_t at_ms; /* 0: never */
	struct check checks[CHECKS];
};

static enum es_code
look_postgres(struct api *api, struct arena *a, struct es_err *err)
{
	return db_store_ready(api->pg, a, err);
}

static enum es_code
look_redis(struct api *api, struct arena *a, struct es_err *err)
{
	struct redis_value pong;

	return redis_text(api->redis, a, &pong, err, "PING", NULL);
}

static enum es_code
look_queue(struct api *api, struct arena *a, struct es_err *err)
{
	(void)a;
	return queue_check(api->queue, err);
}

static void
look(struct api *api, struct arena *a, struct looked *out)
{
	static const struct {
		const char *name;
		enum es_code (*ask)(struct api *, struct arena *, struct es_err *);
	} asked[CHECKS] = {
	    {"postgres", look_postgres},
	    {"redis", look_redis},
	    {"queue", look_queue},
	};

	for (size_t i = 0; i < CHECKS; i++) {
		const int64_t start_ms = clock_mono_ms();
		struct es_err err = {0};
		struct check *c = &out->checks[i];

		*c = (struct check){.name = asked[i].name};
		c->ok = asked[i].ask(api, a, &err) == ES_OK;
		c->ms = clock_mono_ms() - start_ms;
		memcpy(c->detail, err.text, sizeof(c->detail));
	}
	out->at_ms = clock_mono_ms();
}

/* GET /readyz */
enum es_code
health_readyz(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	static struct looked last; /* one process serves this, one request at a time */
	bool ok = true;
	struct json_write w;

	(void)err;
	if (last.at_ms == 0 || clock_mono_ms() - last.at_ms >= GOOD_MS)
		look(api, req->arena, &last);
	for (size_t i = 0; i < CHECKS; i++)
		ok = ok && last.checks[i].ok;
	http_json(res, &w, ok ? 200 : 503);
	jw_object(&w, NULL);
	jw_string(&w, "status", ok ? "ok" : "unavailable");
	jw_object(&w, "checks");
	for (size_t i = 0; i < CHECKS; i++) {
		jw_object(&w, last.checks[i].name);
		jw_bool(&w, "ok", last.checks[i].ok);
		jw_int(&w, "ms", last.checks[i].ms);
		if (!last.checks[i].ok)
			jw_string(&w, "detail", last.checks[i].detail);
		jw_object_end(&w);
	}
	jw_object_end(&w);
	jw_object_end(&w);
	return ES_OK;
}
