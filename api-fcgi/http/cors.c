#include "http/cors.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "store/origin_cache.h"
#include "store/origin_store.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

#define MAX_AGE "600"

static const char allowed_headers[] =
    "Authorization, Content-Type, Idempotency-Key, If-Match, Prefer, X-Request-Id, "
    "traceparent";
static const char exposed_headers[] =
    "X-Request-Id, Link, Location, ETag, Retry-After, RateLimit, RateLimit-Policy, "
    "Idempotency-Replayed";

struct cors {
	struct origin_cache *cache;
};

struct cors *
cors_new(void)
{
	struct cors *c = mem_new(1, sizeof(*c));

	c->cache = origin_cache_new();
	return c;
}

void
cors_free(struct cors **c)
{
	if (*c == NULL)
		return;
	origin_cache_free(&(*c)->cache);
	free(*c);
	*c = NULL;
}

static bool
cors_is_listed(const char *const origins[], size_t n, const char *origin)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(origins[i], origin) == 0)
			return true;
	return false;
}

/* True when any tenant allows the origin. While PostgreSQL is unavailable, the process
 * uses the cached answer for another period, so that only some requests wait for a
 * time-out. */
static bool
cors_any_tenant_allows(struct cors *c, struct pg *pg, const struct http_req *req)
{
	const char *origin = req->headers.origin;
	bool allowed = false, fresh = false;
	struct pg_rows rows;
	struct es_err err;

	if (strnlen(origin, ORIGIN_MAX + 1) > ORIGIN_MAX)
		return false;
	if (origin_cache_find(c->cache, origin, clock_mono_ms(), &allowed, &fresh) &&
	    fresh)
		return allowed;
	if (pg_run(pg, NULL, &origin_store_allowed,
		origin_store_params(req->arena, &origin, 1), req->arena, &rows,
		&err) == ES_OK)
		allowed = rows.count > 0;
	origin_cache_keep(c->cache, origin, allowed, clock_mono_ms());
	return allowed;
}

bool
cors_is_preflight(const struct http_req *req)
{
	return req->headers.origin != NULL && req->headers.cors_method != NULL;
}

void
cors_preflight(struct cors *c, struct pg *pg, const struct http_req *req,
    const char *allow, struct http_res *res)
{
	const char *origin = req->headers.origin;

	if (!cors_is_preflight(req))
		return;
	http_header(res, "Vary", "Origin");
	if (!cors_any_tenant_allows(c, pg, req))
		return;
	http_header(res, "Access-Control-Allow-Origin", origin);
	http_header(res, "Access-Control-Allow-Methods", allow);
	http_header(res, "Access-Control-Allow-Headers", allowed_headers);
	http_header(res, "Access-Control-Max-Age", MAX_AGE);
}

static bool
cors_request_allows(struct cors *c, struct pg *pg, const struct http_req *req)
{
	struct tenant_settings own;
	struct es_err err;

	if (req->who.actor.tenant.text[0] == '\0')
		return cors_any_tenant_allows(c, pg, req);
	if (tenant_settings_parse(req->who.settings, req->arena, &own, &err) != ES_OK)
		return false;
	return cors_is_listed(own.allowed_origins, own.n_origins, req->headers.origin);
}

void
cors_answer(
    struct cors *c, struct pg *pg, const struct http_req *req, struct http_res *res)
{
	if (req->headers.origin == NULL)
		return;
	http_header(res, "Vary", "Origin");
	if (!cors_request_allows(c, pg, req))
		return;
	http_header(res, "Access-Control-Allow-Origin", req->headers.origin);
	http_header(res, "Access-Control-Expose-Headers", exposed_headers);
}
