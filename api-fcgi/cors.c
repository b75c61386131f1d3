#include "cors.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "store/sync_store.h"
#include "store/tenant_settings.h"

#include "core/banned.h"

#define UNION_GOOD_MS 5000
#define MAX_AGE       "600"

static const char allowed_headers[] =
    "Authorization, Content-Type, Idempotency-Key, Prefer, X-Request-Id, traceparent";
static const char exposed_headers[] =
    "X-Request-Id, Link, Location, Retry-After, RateLimit, RateLimit-Policy, "
    "Idempotency-Replayed";

/* The union of all lists, as of a few seconds ago. */
struct cors {
	struct arena *arena;
	const char *const *origins;
	size_t n;
	int64_t read_ms; /* 0: never */
};

struct cors *
cors_new(void)
{
	struct cors *c = mem_new(1, sizeof(*c));

	c->arena = arena_new();
	return c;
}

void
cors_free(struct cors **c)
{
	if (*c == NULL)
		return;
	arena_free(&(*c)->arena);
	free(*c);
	*c = NULL;
}

static bool
listed(const char *const origins[], size_t n, const char *origin)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(origins[i], origin) == 0 || strcmp(origins[i], "*") == 0)
			return true;
	return false;
}

static enum es_code
read_union(struct pg *pg, struct arena *a, const char *const **out, size_t *n,
    struct es_err *err)
{
	struct sync_origin row;
	const char **origins;
	struct pg_rows rows;

	TRY(pg_run(pg, NULL, &sync_store_origins, NULL, a, &rows, err));
	origins = arena_alloc(a, ((size_t)rows.count + 1) * sizeof(*origins));
	*n = 0;
	while (pg_next(&rows, a, &row))
		origins[(*n)++] = row.origin;
	*out = origins;
	return ES_OK;
}

/* A database that is away leaves the old list in force. */
static void
refresh(struct cors *c, struct pg *pg)
{
	struct arena *fresh;
	struct es_err err;
	enum es_code rc;

	if (c->read_ms != 0 && clock_mono_ms() - c->read_ms < UNION_GOOD_MS)
		return;
	fresh = arena_new();
	rc = read_union(pg, fresh, &c->origins, &c->n, &err);
	c->read_ms = clock_mono_ms(); /* after a wait that came to nothing, too */
	if (rc != ES_OK) {
		arena_free(&fresh);
		return;
	}
	arena_free(&c->arena);
	c->arena = fresh;
}

void
cors_preflight(struct cors *c, struct pg *pg, const struct http_req *req,
    const char *allow, struct http_res *res)
{
	const char *origin = req->headers.origin;

	if (origin == NULL || req->headers.cors_method == NULL)
		return;
	http_header(res, "Vary", "Origin");
	refresh(c, pg);
	if (!listed(c->origins, c->n, origin))
		return;
	http_header(res, "Access-Control-Allow-Origin", origin);
	http_header(res, "Access-Control-Allow-Methods", allow);
	http_header(res, "Access-Control-Allow-Headers", allowed_headers);
	http_header(res, "Access-Control-Max-Age", MAX_AGE);
}

static bool
caller_allows(struct cors *c, struct pg *pg, const struct http_req *req)
{
	struct tenant_settings own;
	struct es_err err;

	if (req->who.actor.tenant.text[0] == '\0') {
		refresh(c, pg);
		return listed(c->origins, c->n, req->headers.origin);
	}
	if (tenant_settings_parse(req->who.settings, req->arena, &own, &err) != ES_OK)
		return false;
	return listed(own.allowed_origins, own.n_origins, req->headers.origin);
}

void
cors_answer(
    struct cors *c, struct pg *pg, const struct http_req *req, struct http_res *res)
{
	if (req->headers.origin == NULL)
		return;
	http_header(res, "Vary", "Origin");
	if (!caller_allows(c, pg, req))
		return;
	http_header(res, "Access-Control-Allow-Origin", req->headers.origin);
	http_header(res, "Access-Control-Expose-Headers", exposed_headers);
}
