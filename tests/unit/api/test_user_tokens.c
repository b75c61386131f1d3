/* Tokens that an admin mints for a user: the users that get one, its lifetime and its
 * claims. */
#include <string.h>

#include "auth/token.h"
#include "core/clock.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define LONGEST_S 3600
#define ASKED     "user_store_get(a002)"
#define ISSUED    ASKED "; token_store_issue_s(0001 a002)"

static const struct token_key keys[] = {
    {.kid = "hs1", .alg = TOKEN_HS256, .verify = "0123456789abcdef0123456789abcdef"}};
static const struct token_rules rules = {.keys = keys,
    .n_keys = 1,
    .issuer = "echostream",
    .audience = "echostream",
    .minted_at_database_time = true};

static void
begin(void)
{
	rig_begin();
	rig.conf.auth.token_ttl_s = LONGEST_S;
	rig.api.tokens = rules;
	rig.issue_s = clock_wall_ms() / 1000;
}

/* Verifies the token of the answer and copies its claims to *out. */
static void
claims_of_answer(struct token_claims *out)
{
	static const char member[] = "\"token\":\"";
	const char *at = strstr(rig.res.body.data, member);
	struct es_err err;

	CU_ASSERT_PTR_NOT_NULL_FATAL(at);
	at += sizeof(member) - 1;
	CU_ASSERT_EQUAL_FATAL(
	    token_verify(&rules, arena_memdup(rig.mem, at, strcspn(at, "\"")),
		rig.issue_s, out, &err),
	    ES_OK);
}

/* The token expires ttl_s after now, even if its iat differs from now. */
static void
check_token(const char *body, int64_t ttl_s)
{
	const struct rig_row row = {
	    .handler = user_tokens_create, .params = {RIG_BOB}, .body = body};
	const int64_t before_s = clock_wall_ms() / 1000;
	struct token_claims claims;
	char end[ES_TIME_TEXT];

	CU_ASSERT_EQUAL_FATAL(rig_call(&row), ES_OK);
	CU_ASSERT_EQUAL(rig.res.status, 201);
	CU_ASSERT_STRING_EQUAL(rig.calls.data, ISSUED);
	claims_of_answer(&claims);
	CU_ASSERT_STRING_EQUAL(claims.tenant.text, RIG_TENANT);
	CU_ASSERT_STRING_EQUAL(claims.user.text, RIG_BOB);
	CU_ASSERT_EQUAL(claims.issued_s, rig.issue_s);
	CU_ASSERT(claims.expires_s >= before_s + ttl_s);
	CU_ASSERT(claims.expires_s <= clock_wall_ms() / 1000 + ttl_s);
	clock_format(claims.expires_s * 1000, end);
	CU_ASSERT_TRUE(
	    rig_body_contains(arena_printf(rig.mem, "\"tokenExpiresAt\":\"%s\"}", end)));
	CU_ASSERT_TRUE(rig_body_contains("{\"userId\":\"" RIG_BOB "\","));
}

static void
how_long(void)
{
	begin();
	check_token(NULL, LONGEST_S);
	check_token("{}", LONGEST_S);
	check_token("{\"ttlSeconds\":60}", 60);
	check_token("{\"ttlSeconds\":3600}", LONGEST_S);
	rig_end();
}

/* iat comes from the database's clock, which may be behind the server's clock. After a
 * revocation iat is the next second. exp comes from the server's clock. */
static void
issued_by_the_database(void)
{
	for (int64_t ahead_s = -2; ahead_s <= 1; ahead_s++) {
		begin();
		rig.issue_s += ahead_s;
		check_token("{\"ttlSeconds\":60}", 60);
	}
	rig_end();
}

static void
refused_lifetimes(void)
{
	static const struct rig_row rows[] = {
	    {"more than the installation's", user_tokens_create, .params = {RIG_BOB},
		.body = "{\"ttlSeconds\":3601}", .rc = ES_INVALID, .field = "ttlSeconds",
		.calls = ASKED},
	    {"none", user_tokens_create, .params = {RIG_BOB},
		.body = "{\"ttlSeconds\":0}", .rc = ES_INVALID, .field = "ttlSeconds"},
	    {"null", user_tokens_create, .params = {RIG_BOB},
		.body = "{\"ttlSeconds\":null}", .rc = ES_INVALID, .field = "ttlSeconds"},
	    {"more than a year", user_tokens_create, .params = {RIG_BOB},
		.body = "{\"ttlSeconds\":31536001}", .rc = ES_INVALID,
		.field = "ttlSeconds"},
	    {"an unknown member", user_tokens_create, .params = {RIG_BOB},
		.body = "{\"scope\":\"all\"}", .rc = ES_INVALID, .field = "scope"},
	    {"not JSON", user_tokens_create, .params = {RIG_BOB}, .body = "ttl",
		.rc = ES_BAD_REQUEST},
	    {"a body of one byte", user_tokens_create, .params = {RIG_BOB}, .body = "x",
		.rc = ES_BAD_REQUEST},
	    {"a malformed id", user_tokens_create, .params = {"bob"}, .rc = ES_NOT_FOUND},
	};

	begin();
	RIG_ROWS(rows);
	/* A request may ask for at most a year, even if the installation allows more. */
	rig.conf.auth.token_ttl_s = 2 * INT64_C(31536000);
	check_token("{\"ttlSeconds\":31536000}", 31536000);
	rig_end();
}

static void
for_whom(void)
{
	static const struct {
		const char *caller, *role, *status;
		enum es_code rc;
	} rows[] = {
	    {"admin", "member", "active", ES_OK},
	    {"admin", "guest", "active", ES_OK},
	    {"admin", "bot", "active", ES_OK},
	    {"admin", "admin", "active", ES_OK},
	    {"admin", "owner", "active", ES_FORBIDDEN},
	    {"owner", "owner", "active", ES_OK},
	    {"owner", "member", "deactivated", ES_CONFLICT},
	    {"owner", "member", "deleted", ES_CONFLICT},
	    /* An admin does not learn the status of an owner. */
	    {"admin", "owner", "deleted", ES_FORBIDDEN},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct rig_row row = {.handler = user_tokens_create,
		    .role = rows[i].caller,
		    .params = {RIG_BOB}};

		begin();
		rig.user.role = rows[i].role;
		rig.user.status = rows[i].status;
		CU_ASSERT_EQUAL(rig_call(&row), rows[i].rc);
		CU_ASSERT_EQUAL(rig.n_calls, rows[i].rc == ES_OK ? 2 : 1);
		if (rows[i].rc == ES_CONFLICT)
			CU_ASSERT_PTR_NOT_NULL(strstr(rig.err.text, rows[i].status));
	}
	rig_end();
}

static void
for_oneself(void)
{
	static const struct rig_row rows[] = {
	    {"me is the caller", user_tokens_create, .params = {"me"}, .status = 201,
		.calls = "user_store_get(a001); token_store_issue_s(0001 a001)"},
	};

	begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
without_a_key(void)
{
	static const struct token_key verifies[] = {{.kid = "es1", .alg = TOKEN_ES256}};
	const struct rig_row row = {.handler = user_tokens_create, .params = {RIG_BOB}};

	begin();
	rig.api.tokens.keys = verifies;
	CU_ASSERT_EQUAL(rig_call(&row), ES_INTERNAL);
	CU_ASSERT_EQUAL(rig.res.body.len, 0);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"the lifetime of a token", how_long},
    {"a token is issued by the database's clock", issued_by_the_database},
    {"lifetimes that are refused", refused_lifetimes},
    {"a token needs an active user, and an owner for an owner", for_whom},
    {"the id me stands for the caller", for_oneself},
    {"no token without a key", without_a_key},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/user_tokens", cases)
