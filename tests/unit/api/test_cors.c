/* Which origins are answered, before and after it is known who asks. */
#include <string.h>

#include "cors.h"
#include "cunit_main.h"
#include "store/sync_store.h"

#include "core/banned.h"

#define A "https://a.test"
#define B "https://b.test"

static const char *const all[] = {A, B};
static int next;
static enum es_code database_says;
static struct arena *arena;
static struct http_req req;
static struct http_res res;

enum es_code
pg_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	(void)pg;
	(void)params;
	(void)a;
	(void)err;
	CU_ASSERT_PTR_NULL(tenant);
	CU_ASSERT_PTR_EQUAL(stmt, &sync_store_origins);
	next = 0;
	*out = (struct pg_rows){.count = ES_COUNT(all)};
	return database_says;
}

bool
pg_next(struct pg_rows *rows, struct arena *a, void *out)
{
	(void)rows;
	(void)a;
	if (next == ES_COUNT(all))
		return false;
	((struct sync_origin *)out)->origin = all[next++];
	return true;
}

const struct pg_stmt sync_store_origins = {.name = "fake"};

static void
ask(const char *origin, const char *method)
{
	arena = arena_new();
	req = (struct http_req){
	    .arena = arena, .headers = {.origin = origin, .cors_method = method}};
	http_res_init(&res, arena);
}

static const char *
allowed(void)
{
	return http_header_get(&res, "Access-Control-Allow-Origin");
}

static void
preflight(void)
{
	struct cors *c = cors_new();

	database_says = ES_OK;
	ask(B, "POST");
	cors_preflight(c, NULL, &req, "GET, POST, OPTIONS", &res);
	CU_ASSERT_STRING_EQUAL(allowed(), B);
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&res, "Access-Control-Allow-Methods"), "GET, POST, OPTIONS");
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    http_header_get(&res, "Access-Control-Allow-Headers"), "Idempotency-Key"));
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Vary"), "Origin");
	CU_ASSERT_PTR_NULL(http_header_get(&res, "Access-Control-Allow-Credentials"));
	arena_free(&arena);
	ask("https://evil.test", "POST");
	cors_preflight(c, NULL, &req, "GET", &res);
	CU_ASSERT_PTR_NULL(allowed());
	arena_free(&arena);
	ask(A, NULL);
	cors_preflight(c, NULL, &req, "GET", &res);
	CU_ASSERT_PTR_NULL(allowed());
	arena_free(&arena);
	cors_free(&c);
}

static void
real_requests(void)
{
	struct cors *c = cors_new();

	ask(A, NULL);
	req.who.actor.tenant.text[0] = 'x';
	req.who.settings = "{\"allowed_origins\":[\"" A "\"]}";
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_STRING_EQUAL(allowed(), A);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(http_header_get(&res, "Access-Control-Expose-Headers"),
		"Idempotency-Replayed"));
	arena_free(&arena);
	/* Another tenant's origin, once it is known who asks. */
	ask(B, NULL);
	req.who.actor.tenant.text[0] = 'x';
	req.who.settings = "{\"allowed_origins\":[\"" A "\"]}";
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_PTR_NULL(allowed());
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Vary"), "Origin");
	arena_free(&arena);
	/* A refusal before that is readable for all of them. */
	ask(B, NULL);
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_STRING_EQUAL(allowed(), B);
	arena_free(&arena);
	ask(NULL, NULL);
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_EQUAL(res.n_headers, 0);
	arena_free(&arena);
	cors_free(&c);
}

static void
database_away(void)
{
	struct cors *c = cors_new();

	database_says = ES_UNAVAILABLE;
	ask(A, "GET");
	cors_preflight(c, NULL, &req, "GET", &res);
	CU_ASSERT_PTR_NULL(allowed());
	arena_free(&arena);
	cors_free(&c);
	database_says = ES_OK;
}

static CU_TestInfo cases[] = {
    {"a preflight is answered for the union", preflight},
    {"a real request for its own tenant", real_requests},
    {"with the database away nobody is let in", database_away},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/cors", cases)
