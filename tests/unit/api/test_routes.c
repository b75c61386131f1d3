/* A walk over the whole route table: each endpoint checks the caller. */
#include <string.h>

#include "cunit_main.h"
#include "dispatch.h"
#include "guard/bearer.h"
#include "http/cors.h"
#include "routes.h"

#include "core/banned.h"

static const struct api_conf conf = {
    .operator_key = "operator-key-operator-key", .operator_key_old = ""};
static struct api api = {.conf = &conf};
static struct arena *mem;
static struct http_req req;
static struct http_res res;

/* Accepts every token as the token of a guest. */
enum es_code
bearer_verify(
    struct api *server, struct http_req *asked, const char *jwt, struct es_err *err)
{
	(void)server;
	(void)jwt;
	(void)err;
	asked->claims = (struct token_claims){.jti = "j"};
	return ES_OK;
}

enum es_code
principal_store_get(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, const char *jti, int64_t issued_s, struct arena *a,
    struct principal *out, struct es_err *err)
{
	(void)pg;
	(void)tenant;
	(void)user;
	(void)jti;
	(void)issued_s;
	(void)a;
	(void)err;
	*out = (struct principal){.actor = {.role = "guest"}};
	return ES_OK;
}

/* The path of a route with values in place of its parameters. */
static const char *
path_of(const struct http_route *route)
{
	struct text t;

	text_init(&t, mem, 512);
	for (const char *s = route->path; *s != '\0'; s++) {
		if (*s != '{') {
			text_add(&t, s, 1);
			continue;
		}
		text_addf(&t, "x");
		s += strcspn(s, "}");
	}
	return t.data;
}

static int
status_of(
    const struct http_route *route, const struct router *r, const char *authorization)
{
	struct dispatch_result what;

	req = (struct http_req){.arena = mem,
	    .method = route->method,
	    .target = path_of(route),
	    .headers = {.authorization = authorization}};
	api.router = r;
	dispatch_request(&api, &req, NULL, &res, &what);
	CU_ASSERT_PTR_EQUAL(what.route, route);
	return res.status;
}

static void
without_token(void)
{
	mem = arena_new();
	for (size_t i = 0; i < api_router.n; i++) {
		const struct http_route *route = &api_router.routes[i];

		CU_ASSERT_NOT_EQUAL(route->scope, SCOPE_PUBLIC);
		if (status_of(route, &api_router, NULL) != 401)
			CU_FAIL(route->path);
		CU_ASSERT_PTR_NOT_NULL(http_header_get(&res, "WWW-Authenticate"));
		CU_ASSERT_PTR_NOT_NULL(http_header_get(&res, "X-Request-Id"));
		CU_ASSERT_STRING_EQUAL(res.type, "application/problem+json");
	}
	arena_free(&mem);
}

static void
without_the_scope(void)
{
	const struct pg_settings nowhere = {.url = "", .application_name = "test"};
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(pg_open(&nowhere, &api.pg, &err), ES_OK);
	mem = arena_new();
	for (size_t i = 0; i < api_router.n; i++) {
		const struct http_route *route = &api_router.routes[i];

		if (route->scope != SCOPE_USER &&
		    status_of(route, &api_router, "Bearer of-a-guest") != 403)
			CU_FAIL(route->path);
	}
	arena_free(&mem);
	pg_close(&api.pg);
}

static void
table_is_valid(void)
{
	for (size_t i = 0; i < api_router.n; i++) {
		const struct http_route *one = &api_router.routes[i];

		CU_ASSERT_EQUAL(strncmp(one->path, "/api/v1/", 8), 0);
		CU_ASSERT_EQUAL(one->scope == SCOPE_OPERATOR,
		    strncmp(one->path, "/api/v1/admin/", 14) == 0);
		for (size_t j = i + 1; j < api_router.n; j++)
			CU_ASSERT_FALSE(
			    strcmp(one->path, api_router.routes[j].path) == 0 &&
			    strcmp(one->method, api_router.routes[j].method) == 0);
	}
	for (size_t i = 0; i < health_router.n; i++)
		CU_ASSERT_EQUAL(health_router.routes[i].scope, SCOPE_PUBLIC);
}

static void
an_unknown_path_is_404_an_unknown_method_405(void)
{
	struct dispatch_result what;

	mem = arena_new();
	api.router = &api_router;
	req =
	    (struct http_req){.arena = mem, .method = "GET", .target = "/api/v1/nothing"};
	dispatch_request(&api, &req, NULL, &res, &what);
	CU_ASSERT_EQUAL(res.status, 404);
	req = (struct http_req){
	    .arena = mem, .method = "TRACE", .target = "/api/v1/channels"};
	dispatch_request(&api, &req, NULL, &res, &what);
	CU_ASSERT_EQUAL(res.status, 405);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&res, "Allow"), "GET, HEAD, POST, OPTIONS");
	req = (struct http_req){
	    .arena = mem, .method = "OPTIONS", .target = "/api/v1/channels"};
	dispatch_request(&api, &req, NULL, &res, &what);
	CU_ASSERT_EQUAL(res.status, 204);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&res, "Allow"), "GET, HEAD, POST, OPTIONS");
	req = (struct http_req){.arena = mem};
	dispatch_request(&api, &req, &(struct es_err){.code = ES_TOO_LARGE}, &res, &what);
	CU_ASSERT_EQUAL(res.status, 413);
	arena_free(&mem);
}

/* Edits, deletes and reactions count as sends, reads of messages do not. */
static bool
is_send(const struct http_route *route)
{
	static const char messages[] = "/api/v1/channels/{channelId}/messages";

	return strcmp(route->method, "GET") != 0 &&
	       strncmp(route->path, messages, strlen(messages)) == 0;
}

/* REQUEST_UNCOUNTED is the kind of sends, of requests of the operator, and of probes.
 * send_limits.c counts sends. */
static enum request_kind
kind_of(const struct http_route *route)
{
	const bool posts = strcmp(route->method, "POST") == 0;

	if (route->scope == SCOPE_PUBLIC || route->scope == SCOPE_OPERATOR ||
	    is_send(route))
		return REQUEST_UNCOUNTED;
	if (posts && (strcmp(route->path, "/api/v1/channels") == 0 ||
			 strcmp(route->path, "/api/v1/dms") == 0 ||
			 strcmp(route->path, "/api/v1/users") == 0))
		return REQUEST_CREATION;
	return strcmp(route->method, "GET") == 0 ? REQUEST_READ : REQUEST_WRITE;
}

static void
limits_of_routes(void)
{
	unsigned counted[REQUEST_CREATION + 1] = {0};

	for (size_t i = 0; i < api_router.n; i++) {
		const enum request_kind kind = routes_request_kind(&api_router.routes[i]);

		if (kind != kind_of(&api_router.routes[i]))
			CU_FAIL(api_router.routes[i].path);
		counted[kind]++;
	}
	CU_ASSERT_EQUAL(counted[REQUEST_CREATION], 3);
	CU_ASSERT(counted[REQUEST_UNCOUNTED] > 1);
	for (size_t i = 0; i < health_router.n; i++)
		CU_ASSERT_EQUAL(
		    routes_request_kind(&health_router.routes[i]), REQUEST_UNCOUNTED);
}

/* A GET or a DELETE has no body with fields. Only a GET has query parameters. */
static void
only_a_get_has_query_parameters_and_it_has_no_body(void)
{
	unsigned bodies = 0, queries = 0;

	for (size_t i = 0; i < api_router.n; i++) {
		const struct http_route *route = &api_router.routes[i];
		const char *names = routes_query(route);
		const bool reads = strcmp(route->method, "GET") == 0;

		bodies += routes_has_body(route);
		queries += names[0] != '\0';
		if (reads || strcmp(route->method, "DELETE") == 0)
			CU_ASSERT_FALSE(routes_has_body(route));
		if (strcmp(route->method, "PATCH") == 0)
			CU_ASSERT_TRUE(routes_has_body(route));
		if (!reads)
			CU_ASSERT_STRING_EQUAL(names, "");
		CU_ASSERT_STRING_NOT_EQUAL(names, "*");
	}
	CU_ASSERT(bodies > 0 && queries > 0);
	for (size_t i = 0; i < health_router.n; i++) {
		CU_ASSERT_TRUE(routes_has_body(&health_router.routes[i]));
		CU_ASSERT_STRING_EQUAL(routes_query(&health_router.routes[i]), "*");
	}
}

static CU_TestInfo cases[] = {
    {"each route refuses without a token", without_token},
    {"each route refuses a caller without its scope", without_the_scope},
    {"the table is valid", table_is_valid},
    {"an unknown path is 404, an unknown method 405",
	an_unknown_path_is_404_an_unknown_method_405},
    {"the limit that each route is charged to", limits_of_routes},
    {"only a GET has query parameters, and it has no body",
	only_a_get_has_query_parameters_and_it_has_no_body},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/routes", cases)
