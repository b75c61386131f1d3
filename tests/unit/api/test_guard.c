/* The right to call a route. Tokens and the database are fakes; the test checks the rules
 * of the guard. */
#include <string.h>

#include "cunit_main.h"
#include "guard/bearer.h"
#include "guard/guard.h"
#include "guard/guard_ahead.h"

#include "core/banned.h"

#define OPERATOR_KEY "operator-key-operator-key"

#define OLD_KEY "old-key-of-the-operator--"

static struct api_conf conf = {.operator_key = OPERATOR_KEY, .operator_key_old = ""};
static struct api api = {.conf = &conf};
static enum es_code database_says;
static const char *role;
static struct es_err fault;
static struct http_req req;
static unsigned ahead_calls;

/* "good" is a valid token, "old" an expired one. */
enum es_code
bearer_verify(
    struct api *server, struct http_req *asked, const char *jwt, struct es_err *err)
{
	(void)server;
	asked->claims = (struct token_claims){.tenant = {"t"}, .user = {"u"}, .jti = "j"};
	if (strcmp(jwt, "old") == 0)
		return es_fail(err, ES_TOKEN_EXPIRED, "over");
	if (strcmp(jwt, "good") != 0)
		return es_fail(err, ES_UNAUTHENTICATED, "bad");
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
	if (database_says != ES_OK)
		return es_fail(err, database_says, "no");
	*out = (struct principal){.actor = {.role = role}};
	return ES_OK;
}

static enum es_code
check(enum http_scope scope, const char *authorization)
{
	const struct http_route route = {.scope = scope};

	req = (struct http_req){.headers = {.authorization = authorization}};
	return guard_check(&api, &route, &req, &fault);
}

/* A fake handler. When it reads ahead, the request has the claims of the token, and no
 * role yet. */
static enum es_code
ahead(struct api *server, const struct http_req *r, struct http_res *res,
    struct es_err *err)
{
	(void)server, (void)res;
	ahead_calls++;
	CU_ASSERT_STRING_EQUAL(r->who.actor.tenant.text, "t");
	CU_ASSERT_STRING_EQUAL(r->who.actor.user.text, "u");
	CU_ASSERT_STRING_EQUAL(r->who.actor.role, "");
	return es_fail(err, ES_UNAVAILABLE, "noted");
}

static enum es_code
check_ahead(const char *authorization)
{
	const struct http_route route = {.scope = SCOPE_USER};

	ahead_calls = 0;
	req = (struct http_req){.headers = {.authorization = authorization},
	    .arena = arena_new(),
	    .ahead = ahead};
	return guard_check(&api, &route, &req, &fault);
}

static void
reads_ahead(void)
{
	const struct pg_settings nowhere = {.url = "", .application_name = "test"};

	CU_ASSERT_EQUAL_FATAL(pg_open(&nowhere, &api.pg, &fault), ES_OK);
	database_says = ES_OK;
	role = "member";
	CU_ASSERT_EQUAL(check_ahead("Bearer good"), ES_OK);
	CU_ASSERT_EQUAL(ahead_calls, 1);
	CU_ASSERT_STRING_EQUAL(req.who.actor.role, "member");
	arena_free(&req.arena);

	/* nothing is read for a wrong token */
	CU_ASSERT_EQUAL(check_ahead("Bearer old"), ES_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(ahead_calls, 0);
	arena_free(&req.arena);

	/* after a refusal the request names no caller, also for the CORS headers */
	database_says = ES_TOKEN_REVOKED;
	CU_ASSERT_EQUAL(check_ahead("Bearer good"), ES_TOKEN_REVOKED);
	CU_ASSERT_EQUAL(ahead_calls, 1);
	CU_ASSERT_STRING_EQUAL(req.who.actor.tenant.text, "");
	arena_free(&req.arena);
	database_says = ES_OK;

	/* for GUARD_AHEAD_PAUSE_MS after a rate limit refused a request, nothing is read
	 * ahead */
	guard_ahead_pause(&api);
	CU_ASSERT_EQUAL(check_ahead("Bearer good"), ES_OK);
	CU_ASSERT_EQUAL(ahead_calls, 0);
	arena_free(&req.arena);
	api.ahead_after_ms = 0;
	pg_close(&api.pg);
}

static void
credentials(void)
{
	static const char *const bad[] = {"", "Bearer", "Bearer ",
	    "Basic Z29vZA==", "good", "Bearer good, Bearer good", "Bearer good,good",
	    "Bearer good good", "Bearer go\"od", "Bearergood", "Bearer\tgood"};
	const char *token;

	database_says = ES_OK;
	role = "member";
	CU_ASSERT_EQUAL(check(SCOPE_USER, NULL), ES_UNAUTHENTICATED);
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		if (check(SCOPE_USER, bad[i]) != ES_UNAUTHENTICATED ||
		    guard_bearer(bad[i], &token, &fault) != ES_UNAUTHENTICATED)
			CU_FAIL(bad[i]);
	CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer good"), ES_OK);
	CU_ASSERT_STRING_EQUAL(req.who.actor.role, "member");
	CU_ASSERT_EQUAL(check(SCOPE_USER, "bEARER  good"), ES_OK);
	CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer old"), ES_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(check(SCOPE_PUBLIC, NULL), ES_OK);
	CU_ASSERT_EQUAL(check(SCOPE_PUBLIC, "rubbish"), ES_OK);
}

/* The error names the kind of a secret that is clearly not a token. */
static void
the_error_names_a_secret_that_is_no_token(void)
{
	static const struct {
		const char *authorization, *text;
	} rows[] = {
	    {"Bearer est_"
	     "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
		"a ticket opens a WebSocket"},
	    {"Bearer ESK_0123456789abcdef", "begins with esk_"},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    check(SCOPE_USER, rows[i].authorization), ES_UNAUTHENTICATED);
		if (strstr(fault.text, rows[i].text) == NULL)
			CU_FAIL(fault.text);
	}
}

static void
database_refusals(void)
{
	static const enum es_code codes[] = {
	    ES_UNAUTHENTICATED, ES_TENANT_SUSPENDED, ES_TOKEN_REVOKED, ES_UNAVAILABLE};

	for (size_t i = 0; i < ES_COUNT(codes); i++) {
		database_says = codes[i];
		CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer good"), codes[i]);
		CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer good"), codes[i]);
	}
	database_says = ES_OK;
}

static void
roles(void)
{
	static const struct {
		const char *role;
		enum es_code user, member, admin, owner;
	} rows[] = {
	    {"owner", ES_OK, ES_OK, ES_OK, ES_OK},
	    {"admin", ES_OK, ES_OK, ES_OK, ES_FORBIDDEN},
	    {"member", ES_OK, ES_OK, ES_FORBIDDEN, ES_FORBIDDEN},
	    {"bot", ES_OK, ES_OK, ES_FORBIDDEN, ES_FORBIDDEN},
	    {"guest", ES_OK, ES_FORBIDDEN, ES_FORBIDDEN, ES_FORBIDDEN},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		role = rows[i].role;
		CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer good"), rows[i].user);
		CU_ASSERT_EQUAL(check(SCOPE_MEMBER, "Bearer good"), rows[i].member);
		CU_ASSERT_EQUAL(check(SCOPE_ADMIN, "Bearer good"), rows[i].admin);
		CU_ASSERT_EQUAL(check(SCOPE_OWNER, "Bearer good"), rows[i].owner);
		if (rows[i].owner == ES_FORBIDDEN)
			CU_ASSERT_PTR_NOT_NULL(strstr(fault.text, "only an owner of"));
		CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer good"), ES_FORBIDDEN);
	}
}

static void
operator_key(void)
{
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer " OPERATOR_KEY), ES_OK);
	CU_ASSERT_STRING_EQUAL(req.who.actor.tenant.text, "");
	CU_ASSERT_EQUAL(
	    check(SCOPE_OPERATOR, "Bearer " OPERATOR_KEY "x"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer operator-key"), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, NULL), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer " OPERATOR_KEY), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(check(SCOPE_ADMIN, "Bearer " OPERATOR_KEY), ES_UNAUTHENTICATED);
}

/* If a token with X-On-Behalf-Of were accepted, the server would ignore the header and
 * act as the token's user. */
static void
a_token_can_not_act_for_another(void)
{
	const struct http_route route = {.scope = SCOPE_USER};

	role = "owner";
	req = (struct http_req){
	    .headers = {.authorization = "Bearer good", .on_behalf_of = "x"}};
	CU_ASSERT_EQUAL(guard_check(&api, &route, &req, &fault), ES_FORBIDDEN);
	CU_ASSERT_STRING_EQUAL(fault.field, ":X-On-Behalf-Of");
}

/* "" is not a key, even when the setting of the old key is empty. */
static void
an_old_operator_key_works_until_removed(void)
{
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer " OLD_KEY), ES_UNAUTHENTICATED);
	conf.operator_key_old = OLD_KEY;
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer " OLD_KEY), ES_OK);
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer " OPERATOR_KEY), ES_OK);
	CU_ASSERT_EQUAL(check(SCOPE_USER, "Bearer " OLD_KEY), ES_UNAUTHENTICATED);
	conf.operator_key_old = "";
	CU_ASSERT_EQUAL(check(SCOPE_OPERATOR, "Bearer " OLD_KEY), ES_UNAUTHENTICATED);
}

static CU_TestInfo cases[] = {
    {"the credentials must be exactly one bearer token", credentials},
    {"the route reads ahead", reads_ahead},
    {"the error names a secret that is no token",
	the_error_names_a_secret_that_is_no_token},
    {"a refusal of the database is passed on", database_refusals},
    {"roles and scopes", roles},
    {"the operator's key opens /admin only", operator_key},
    {"a token cannot act for another user", a_token_can_not_act_for_another},
    {"an old operator key works until it is removed",
	an_old_operator_key_works_until_removed},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/guard", cases)
