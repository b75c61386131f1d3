/* The selected route, and the answers 404 and 405. */
#include <stdlib.h>
#include <string.h>

#include "cunit_main.h"
#include "http/router.h"

#include "core/banned.h"

static const struct http_route table[] = {
    {"GET", "/u/me", SCOPE_USER, NULL, 0},
    {"GET", "/u/{id}", SCOPE_USER, NULL, 0},
    {"PATCH", "/u/{id}", SCOPE_ADMIN, NULL, 0},
    {"PUT", "/c/{c}/members/{u}", SCOPE_USER, NULL, 0},
    {"POST", "/c", SCOPE_USER, NULL, 0},
};
static const struct router router = {table, ES_COUNT(table)};
static const char *params[HTTP_PARAMS];
static char *copies[HTTP_PARAMS];

static enum es_code
find(const char *method, const char *target, const struct http_route **out)
{
	struct arena *a = arena_new();
	struct es_err err;
	struct uri u;
	enum es_code rc;

	CU_ASSERT_EQUAL_FATAL(uri_parse(target, a, &u, &err), ES_OK);
	rc = router_find(&router, method, &u, out, params, &err);
	for (int i = 0; i < HTTP_PARAMS; i++)
		params[i] = copies[i] = params[i] == NULL ? NULL : strdup(params[i]);
	arena_free(&a);
	return rc;
}

static void
free_request(void)
{
	for (int i = 0; i < HTTP_PARAMS; i++) {
		free(copies[i]);
		params[i] = NULL;
	}
}

static void
found(void)
{
	const struct http_route *r = NULL;

	CU_ASSERT_EQUAL(find("GET", "/u/me", &r), ES_OK);
	CU_ASSERT_PTR_EQUAL(r, &table[0]);
	CU_ASSERT_EQUAL(find("GET", "/u/x%20y", &r), ES_OK);
	CU_ASSERT_PTR_EQUAL(r, &table[1]);
	CU_ASSERT_STRING_EQUAL(params[0], "x y");
	free_request();
	CU_ASSERT_EQUAL(find("HEAD", "/u/1", &r), ES_OK);
	CU_ASSERT_PTR_EQUAL(r, &table[1]);
	free_request();
	CU_ASSERT_EQUAL(find("PATCH", "/u/me", &r), ES_OK);
	CU_ASSERT_PTR_EQUAL(r, &table[2]);
	free_request();
	CU_ASSERT_EQUAL(find("PUT", "/c/1/members/2", &r), ES_OK);
	CU_ASSERT_STRING_EQUAL(params[0], "1");
	CU_ASSERT_STRING_EQUAL(params[1], "2");
	free_request();
}

static void
not_found(void)
{
	static const char *const paths[] = {"/", "/u", "/u/", "/u/1/", "/u/1/2", "/c/",
	    "/C", "/cc", "/c/1/members", "/%7Bc%7D"};
	const struct http_route *r = NULL;

	for (size_t i = 0; i < ES_COUNT(paths); i++)
		if (find("GET", paths[i], &r) != ES_NOT_FOUND)
			CU_FAIL(paths[i]);
	CU_ASSERT_EQUAL(find("DELETE", "/u/me", &r), ES_METHOD_NOT_ALLOWED);
	CU_ASSERT_EQUAL(find("get", "/u/me", &r), ES_METHOD_NOT_ALLOWED);
	CU_ASSERT_EQUAL(find("HEAD", "/c", &r), ES_METHOD_NOT_ALLOWED);
	CU_ASSERT_PTR_NULL(r);
}

static void
allow(void)
{
	struct arena *a = arena_new();
	struct es_err err;
	struct uri u;

	CU_ASSERT_EQUAL_FATAL(uri_parse("/u/me", a, &u, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(router_allow(&router, &u, a), "GET, HEAD, PATCH, OPTIONS");
	CU_ASSERT_EQUAL_FATAL(uri_parse("/c", a, &u, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(router_allow(&router, &u, a), "POST, OPTIONS");
	CU_ASSERT_EQUAL_FATAL(uri_parse("/x", a, &u, &err), ES_OK);
	CU_ASSERT_STRING_EQUAL(router_allow(&router, &u, a), "");
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"the first matching route is selected", found},
    {"404 and 405 are distinguished", not_found},
    {"Allow lists all methods of the path", allow},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/router", cases)
