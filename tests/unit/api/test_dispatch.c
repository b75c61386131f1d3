/* The order of the steps of a request: where each refusal happens, and its headers. The
 * steps are fakes; each writes its letter: g guard, b give back, f count of failures, c
 * charge of the limit, h handler, x CORS headers, p preflight. */
#include <string.h>

#include "cunit_main.h"
#include "dispatch.h"
#include "guard/guard.h"
#include "http/cors.h"
#include "routes.h"

#include "core/banned.h"

static char steps[16];
static enum es_code guard_says, failure_says, charge_says, handler_says;
static bool overflows;
static struct arena *mem;
static struct http_req req;
static struct http_res res;
static struct dispatch_result result;

static void
note(char step)
{
	const size_t at = strlen(steps);

	CU_ASSERT_FATAL(at + 1 < sizeof(steps));
	steps[at] = step;
	steps[at + 1] = '\0';
}

static enum es_code
handle(
    struct api *api, const struct http_req *r, struct http_res *out, struct es_err *err)
{
	(void)api, (void)r;
	note('h');
	out->status = 200;
	out->body.overflow = overflows;
	return handler_says == ES_OK ? ES_OK : es_fail(err, handler_says, "no");
}

static const struct http_route table[] = {
    {"GET", "/api/v1/things", SCOPE_USER, handle, 0},
    {"POST", "/api/v1/things", SCOPE_USER, handle, 0},
    {"PUT", "/api/v1/things", SCOPE_USER, handle, 0},
};
static const struct router router = {table, ES_COUNT(table)};

const char *
routes_query(const struct http_route *route)
{
	return strcmp(route->method, "GET") == 0 ? "limit" : "";
}

/* Only GET reads ahead. */
http_handler *
routes_ahead(const struct http_route *route)
{
	return strcmp(route->method, "GET") == 0 ? route->handler : NULL;
}

/* A PUT has a body with fields. */
bool
routes_has_body(const struct http_route *route)
{
	return strcmp(route->method, "PUT") == 0;
}

enum request_kind
routes_request_kind(const struct http_route *route)
{
	return strcmp(route->method, "GET") == 0 ? REQUEST_READ : REQUEST_WRITE;
}

enum es_code
guard_check(struct api *api, const struct http_route *route, struct http_req *r,
    struct es_err *err)
{
	(void)api;
	CU_ASSERT_STRING_EQUAL(route->method, req.method);
	CU_ASSERT_PTR_EQUAL(r->ahead, strcmp(route->method, "GET") == 0 ? handle : NULL);
	note('g');
	return guard_says == ES_OK ? ES_OK : es_fail(err, guard_says, "no");
}

enum es_code
request_limits_count_failure(struct api *api, const struct http_req *r, enum es_code rc,
    struct http_res *out, struct es_err *err)
{
	(void)api, (void)r, (void)out;
	CU_ASSERT_EQUAL(rc, guard_says);
	note('f');
	return failure_says == ES_OK ? rc : es_fail(err, failure_says, "too many");
}

void
request_limits_give_back(
    struct api *api, const struct http_req *r, enum request_kind kind)
{
	(void)api, (void)r;
	CU_ASSERT_EQUAL(kind, REQUEST_READ);
	note('b');
}

enum es_code
request_limits_charge(struct api *api, const struct http_req *r, enum request_kind kind,
    struct http_res *out, struct es_err *err)
{
	(void)api, (void)r, (void)out;
	CU_ASSERT_EQUAL(
	    kind, strcmp(req.method, "GET") == 0 ? REQUEST_READ : REQUEST_WRITE);
	note('c');
	return charge_says == ES_OK ? ES_OK : es_fail(err, charge_says, "too many");
}

void
cors_answer(struct cors *c, struct pg *pg, const struct http_req *r, struct http_res *out)
{
	(void)c, (void)pg, (void)r, (void)out;
	note('x');
}

bool
cors_is_preflight(const struct http_req *r)
{
	return r->headers.cors_method != NULL;
}

void
cors_preflight(struct cors *c, struct pg *pg, const struct http_req *r,
    const char *methods, struct http_res *out)
{
	(void)c, (void)pg, (void)r;
	http_header(out, "Access-Control-Allow-Methods", methods);
	note('p');
}

struct row {
	const char *method, *target, *body;
	const char *preflight; /* the method that a preflight asks about */
	enum es_code guard, failure, charge, handler;
	bool overflows;
	const char *steps;
	int status;
	const char *allow; /* NULL: without this header */
};

static void
run(const struct row *row)
{
	struct api api = {.router = &router};
	const char *allow;

	steps[0] = '\0';
	guard_says = row->guard;
	failure_says = row->failure;
	charge_says = row->charge;
	handler_says = row->handler;
	overflows = row->overflows;
	req = (struct http_req){.arena = mem,
	    .method = row->method,
	    .target = row->target,
	    .body = row->body,
	    .body_len = row->body == NULL ? 0 : strlen(row->body),
	    .headers = {.cors_method = row->preflight, .request_id = "request-1"}};
	dispatch_request(&api, &req, NULL, &res, &result);
	CU_ASSERT_STRING_EQUAL(steps, row->steps);
	CU_ASSERT_EQUAL(res.status, row->status);
	CU_ASSERT_EQUAL(result.code == ES_OK, row->status < 300);
	CU_ASSERT_EQUAL(result.err == NULL, row->status < 300);
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "X-Request-Id"), "request-1");
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Cache-Control"), "no-store");
	allow = http_header_get(&res, "Allow");
	CU_ASSERT_STRING_EQUAL(
	    allow == NULL ? "-" : allow, row->allow == NULL ? "-" : row->allow);
	if (result.err != NULL)
		CU_ASSERT_EQUAL(result.err->code, result.code);
}

#define THINGS "/api/v1/things"
#define ALLOW  "GET, HEAD, POST, PUT, OPTIONS"

static void
order(void)
{
	static const struct row rows[] = {
	    {"GET", THINGS "?limit=1", .steps = "gchx", .status = 200},
	    {"POST", THINGS, .body = "{}", .steps = "gchx", .status = 200},
	    {"PUT", THINGS, .body = "{\"a\":1}", .steps = "gchx", .status = 200},
	    /* The request is refused while its path and query are parsed, before any
	       other step. */
	    {"GET", THINGS "/%zz", .steps = "x", .status = 400},
	    {"GET", THINGS "?a=1&a=2", .steps = "x", .status = 400},
	    {"GET", "/api/v1/nothing", .steps = "x", .status = 404},
	    {"DELETE", THINGS, .steps = "x", .status = 405, .allow = ALLOW},
	    /* Only refused tokens are counted as failures; other refusals are not. */
	    {"GET", THINGS, .guard = ES_UNAUTHENTICATED, .steps = "gbfx", .status = 401},
	    {"GET", THINGS, .guard = ES_TOKEN_EXPIRED, .steps = "gbfx", .status = 401},
	    {"GET", THINGS, .guard = ES_RATE_LIMITED, .steps = "gbfx", .status = 429},
	    {"GET", THINGS, .guard = ES_UNAUTHENTICATED, .failure = ES_RATE_LIMITED,
		.steps = "gbfx", .status = 429},
	    {"GET", THINGS, .guard = ES_FORBIDDEN, .steps = "gbx", .status = 403},
	    {"GET", THINGS, .charge = ES_RATE_LIMITED, .steps = "gcx", .status = 429},
	    /* The limit also charges a request that is refused afterwards. */
	    {"GET", THINGS "?limits=1", .steps = "gcx", .status = 400},
	    {"POST", THINGS, .body = "{\"a\":1}", .steps = "gcx", .status = 400},
	    {"GET", THINGS, .handler = ES_CONFLICT, .steps = "gchx", .status = 409},
	    {"GET", THINGS, .overflows = true, .steps = "gchx", .status = 500},
	};

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		run(&rows[i]);
	arena_free(&mem);
}

/* A preflight has no token, so the guard must not run. */
static void
options(void)
{
	static const struct row rows[] = {
	    {"OPTIONS", THINGS, .steps = "p", .status = 204, .allow = ALLOW},
	    {"OPTIONS", THINGS, .preflight = "POST", .steps = "p", .status = 204,
		.allow = ALLOW},
	    {"OPTIONS", "/api/v1/nothing", .preflight = "POST", .steps = "p",
		.status = 204},
	    {"OPTIONS", "/api/v1/nothing", .steps = "x", .status = 404},
	};

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		run(&rows[i]);
	CU_ASSERT_PTR_NULL(http_header_get(&res, "Access-Control-Allow-Methods"));
	run(&rows[2]);
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Access-Control-Allow-Methods"),
	    "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS");
	run(&rows[1]);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&res, "Access-Control-Allow-Methods"), ALLOW);
	arena_free(&mem);
}

/* When the FastCGI reader has refused a request, no step runs. */
static void
refused_by_the_reader(void)
{
	const struct es_err refused = {.code = ES_TOO_LARGE, .text = "too large"};
	struct api api = {.router = &router};

	mem = arena_new();
	steps[0] = '\0';
	req = (struct http_req){.arena = mem, .method = "GET", .target = THINGS};
	dispatch_request(&api, &req, &refused, &res, &result);
	CU_ASSERT_STRING_EQUAL(steps, "");
	CU_ASSERT_EQUAL(res.status, 413);
	CU_ASSERT_EQUAL(result.code, ES_TOO_LARGE);
	CU_ASSERT_PTR_NULL(result.route);
	CU_ASSERT_STRING_EQUAL(result.err->text, "too large");
	CU_ASSERT_PTR_NOT_NULL(http_header_get(&res, "X-Request-Id"));
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"the order of the steps", order},
    {"OPTIONS and preflights", options},
    {"a request that its reader has refused", refused_by_the_reader},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/dispatch", cases)
