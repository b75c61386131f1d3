/* /healthz, /metrics and /version. A separate process serves these routes, so that they
 * answer while all other workers are busy. */
#include "handlers/handlers.h"

#include "core/banned.h"

/* True when at least one worker of the pool has a recent heartbeat. */
static bool
health_pool_is_alive(const struct api *api, unsigned first, unsigned count)
{
	for (unsigned slot = first; slot < first + count; slot++) {
		const int64_t age = metrics_beat_age_ms(api->metrics, slot);

		if (age >= 0 && age <= API_HUNG_AFTER_MS)
			return true;
	}
	return false;
}

/* GET /healthz. The handler asks neither PostgreSQL nor Redis. If it did, an orchestrator
 * would restart this program whenever PostgreSQL fails for a moment. */
enum es_code
health_healthz(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const unsigned send = (unsigned)api->conf->send_workers;
	const bool send_ok = health_pool_is_alive(api, 0, send);
	const bool api_ok =
	    health_pool_is_alive(api, send, (unsigned)api->conf->api_workers);
	struct json_write w;

	(void)req;
	(void)err;
	http_json(res, &w, send_ok && api_ok ? 200 : 503);
	jw_object(&w, NULL);
	jw_string(&w, "status", send_ok && api_ok ? "ok" : "stalled");
	jw_object(&w, "pools");
	jw_string(&w, "send", send_ok ? "ok" : "stalled");
	jw_string(&w, "api", api_ok ? "ok" : "stalled");
	jw_object_end(&w);
	jw_object_end(&w);
	return ES_OK;
}

/* GET /metrics */
enum es_code
health_metrics(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	(void)req;
	(void)err;
	res->status = 200;
	res->type = "text/plain; version=0.0.4; charset=utf-8";
	metrics_render(api->metrics, &res->body);
	return ES_OK;
}

/* GET /version */
enum es_code
health_version(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct json_write w;

	(void)api;
	(void)req;
	(void)err;
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_string(&w, "name", "echostream-api");
	jw_string(&w, "version", ES_VERSION);
	jw_object_end(&w);
	return ES_OK;
}
