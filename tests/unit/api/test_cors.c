/* Allowed origins, before and after the caller's tenant is known. */
#include <string.h>

#include "crypto/keyed_hash.h"
#include "cunit_main.h"
#include "http/cors.h"
#include "store/origin_store.h"

#include "core/banned.h"

#define A "https://a.test"
#define B "https://b.test"

static unsigned asked;
static enum es_code database_says;
static struct arena *arena;
static struct http_req req;
static struct http_res res;

/* Some tenant allows the origins A and B. */
enum es_code
pg_run(struct pg *pg, const struct tenant_id *tenant, const struct pg_stmt *stmt,
    const char *const params[], struct arena *a, struct pg_rows *out, struct es_err *err)
{
	(void)pg;
	(void)a;
	(void)err;
	CU_ASSERT_PTR_NULL(tenant);
	CU_ASSERT_PTR_EQUAL(stmt, &origin_store_allowed);
	asked++;
	*out = (struct pg_rows){.count = strcmp(params[0], "{\"" A "\"}") == 0 ||
	                                 strcmp(params[0], "{\"" B "\"}") == 0};
	return database_says;
}

static struct cors *
make(void)
{
	keyed_hash_draw();
	return cors_new();
}

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
	struct cors *c = make();

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
	struct cors *c = make();

	ask(A, NULL);
	req.who.actor.tenant.text[0] = 'x';
	req.who.settings = "{\"allowed_origins\":[\"" A "\"]}";
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_STRING_EQUAL(allowed(), A);
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(http_header_get(&res, "Access-Control-Expose-Headers"),
		"Idempotency-Replayed"));
	arena_free(&arena);
	/* An origin of another tenant, after the caller's tenant is known. */
	ask(B, NULL);
	req.who.actor.tenant.text[0] = 'x';
	req.who.settings = "{\"allowed_origins\":[\"" A "\"]}";
	cors_answer(c, NULL, &req, &res);
	CU_ASSERT_PTR_NULL(allowed());
	CU_ASSERT_STRING_EQUAL(http_header_get(&res, "Vary"), "Origin");
	arena_free(&arena);
	/* Before the caller's tenant is known, any origin that a tenant allows may read a
	 * refusal. */
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

static bool
preflighted(struct cors *c, const char *origin)
{
	bool yes;

	ask(origin, "GET");
	cors_preflight(c, NULL, &req, "GET", &res);
	yes = allowed() != NULL;
	arena_free(&arena);
	return yes;
}

static void
database_away(void)
{
	struct cors *c = make();

	CU_ASSERT_TRUE(preflighted(c, A));
	database_says = ES_UNAVAILABLE;
	CU_ASSERT_FALSE(preflighted(c, B));
	CU_ASSERT_TRUE(preflighted(c, A));
	database_says = ES_OK;
	cors_free(&c);
}

static void
one_question(void)
{
	struct cors *c = make();
	char longest[ORIGIN_MAX + 2];

	asked = 0;
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_TRUE(preflighted(c, A));
		CU_ASSERT_FALSE(preflighted(c, "https://evil.test"));
	}
	CU_ASSERT_EQUAL(asked, 2);
	memset(longest, 'a', sizeof(longest));
	longest[ORIGIN_MAX] = '\0';
	CU_ASSERT_FALSE(preflighted(c, longest));
	CU_ASSERT_EQUAL(asked, 3);
	longest[ORIGIN_MAX] = 'a';
	longest[ORIGIN_MAX + 1] = '\0';
	CU_ASSERT_FALSE(preflighted(c, longest));
	CU_ASSERT_EQUAL(asked, 3);
	cors_free(&c);
}

static CU_TestInfo cases[] = {
    {"a preflight is allowed for an origin that some tenant allows", preflight},
    {"a request with a token is checked against its own tenant", real_requests},
    {"with the database away only cached origins are allowed", database_away},
    {"an origin is looked up once, then cached", one_question},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/cors", cases)
