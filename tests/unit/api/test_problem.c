/* Problem documents: fields, headers, and details that they must never contain. */
#include <string.h>

#include "cunit_main.h"
#include "http/problem.h"

#include "core/banned.h"

static struct arena *a;
static struct http_req req;
static struct http_res res;

static const char *
write(enum es_code code, const char *field, const char *text, long retry_ms)
{
	struct es_err err = {.retry_after_ms = retry_ms};
	enum es_code rc = es_fail_field(&err, code, field, "%s", text);

	CU_ASSERT_EQUAL(rc, code);
	err.retry_after_ms = retry_ms;
	req = (struct http_req){.arena = a, .request_id = "req-12345"};
	req.uri.path = "/api/v1/x";
	http_res_init(&res, a);
	problem_write(&req, &err, &res);
	return res.body.data;
}

static bool
has(const char *json, const char *part)
{
	return strstr(json, part) != NULL;
}

static void
members(void)
{
	const char *s;

	a = arena_new();
	s = write(ES_INVALID, "name", "too long", 0);
	CU_ASSERT_EQUAL(res.status, 422);
	CU_ASSERT_STRING_EQUAL(res.type, "application/problem+json");
	CU_ASSERT_TRUE(has(s, "\"type\":\"/problems/validation_failed\""));
	CU_ASSERT_TRUE(has(s, "\"code\":\"validation_failed\""));
	CU_ASSERT_TRUE(has(s, "\"status\":422"));
	CU_ASSERT_TRUE(has(s, "\"instance\":\"/api/v1/x\""));
	CU_ASSERT_TRUE(has(s, "\"requestId\":\"req-12345\""));
	CU_ASSERT_TRUE(has(s, "\"pointer\":\"/name\""));
	s = write(ES_BAD_REQUEST, "?limit", "no", 0);
	CU_ASSERT_TRUE(has(s, "\"parameter\":\"limit\""));
	CU_ASSERT_FALSE(has(s, "pointer"));
	s = write(ES_NOT_FOUND, "", "no", 0);
	CU_ASSERT_FALSE(has(s, "errors"));
	CU_ASSERT_FALSE(has(s, "retryAfterMs"));
	CU_ASSERT_TRUE(has(s, "\"retryable\":false"));
	arena_free(&a);
}

static void
headers(void)
{
	a = arena_new();
	(void)write(ES_RATE_LIMITED, "", "slow down", 1740);
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Retry-After"), "2");
	CU_ASSERT_TRUE(has(res.body.data, "\"retryAfterMs\":1740"));
	(void)write(ES_UNAVAILABLE, "", "away", 0);
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Retry-After"), "1");
	CU_ASSERT_TRUE(has(res.body.data, "\"retryable\":true"));
	(void)write(ES_UNAUTHENTICATED, "", "who", 0);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&res, "WWW-Authenticate"), "Bearer realm=\"echostream\"");
	(void)write(ES_INTERNAL, "", "", 0);
	CU_ASSERT_PTR_NULL(http_header_get(&res, "Retry-After"));
	CU_ASSERT_PTR_NULL(http_header_get(&res, "WWW-Authenticate"));
	arena_free(&a);
}

/* The answer must not show the cause of an internal failure. */
static void
no_internal_detail(void)
{
	const char *s;

	a = arena_new();
	s = write(ES_UNAVAILABLE, "", "Redis: /run/secret.sock", 0);
	CU_ASSERT_FALSE(has(s, "Redis"));
	CU_ASSERT_TRUE(has(s, "\"detail\":"));
	s = write(ES_INTERNAL, "", "relation \"x\" does not exist", 0);
	CU_ASSERT_FALSE(has(s, "relation"));
	(void)write(ES_UNAVAILABLE, "", "host db1 is away", 0);
	CU_ASSERT_FALSE(has(res.body.data, "db1"));
	/* a handler may name its own detail */
	http_res_init(&res, a);
	res.detail = "an upgrade is under way";
	problem_write(&req, &(struct es_err){.code = ES_UNAVAILABLE, .text = "no"}, &res);
	CU_ASSERT_TRUE(has(res.body.data, "\"detail\":\"an upgrade is under way\""));
	arena_free(&a);
}

/* A name from a client may be cut inside a character; the document must stay UTF-8. */
static void
cut_names(void)
{
	char name[200];
	const char *s;

	a = arena_new();
	for (size_t i = 0; i < sizeof(name) - 1; i++)
		name[i] = i % 2 == 0 ? '\xc3' : '\xa9';
	name[sizeof(name) - 1] = '\0';
	s = write(ES_INVALID, name, name, 0);
	CU_ASSERT_PTR_NULL(strstr(s, "\xc3\""));
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"members of the document", members},
    {"headers that belong to the document", headers},
    {"the document has no internal detail", no_internal_detail},
    {"a truncated name stays UTF-8", cut_names},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/problem", cases)
