/* Tokens that EchoStream mints. */
#include "cunit_main.h"

#include <string.h>

#include "auth/token.h"
#include "token_data.h"

#include "core/banned.h"

#define ALICE "01900000-0000-7000-8000-00000000a001"
#define ACME  "01900000-0000-7000-8000-000000000001"

static const struct token_key keys[] = {
    {.kid = "hs1", .alg = TOKEN_HS256, .verify = TEST_SECRET},
    {.kid = "es1",
	.alg = TOKEN_ES256,
	.verify = TEST_ES256_PUBLIC,
	.sign = TEST_ES256_PRIVATE},
};
static const struct token_rules rules = {.keys = keys,
    .n_keys = ES_COUNT(keys),
    .issuer = "echostream",
    .audience = "echostream",
    .leeway_s = 30};

static void
accepts_minted_tokens(void)
{
	struct tenant_id tenant = {ACME};
	struct user_id user = {ALICE};

	for (size_t i = 0; i < ES_COUNT(keys); i++) {
		struct token_rules one = rules;
		struct arena *a = arena_new();
		struct token_claims claims, second;
		const char *jwt, *other;
		struct es_err err;

		one.keys = &keys[i];
		one.minted_at_database_time = i == 0;
		CU_ASSERT_EQUAL_FATAL(
		    token_mint(&one, &tenant, &user, TEST_NOW_S, 60, a, &jwt, &err),
		    ES_OK);
		CU_ASSERT_EQUAL_FATAL(
		    token_mint(&one, &tenant, &user, TEST_NOW_S, 60, a, &other, &err),
		    ES_OK);
		CU_ASSERT_EQUAL_FATAL(
		    token_verify(&rules, jwt, TEST_NOW_S, &claims, &err), ES_OK);
		CU_ASSERT_EQUAL_FATAL(
		    token_verify(&rules, other, TEST_NOW_S, &second, &err), ES_OK);
		CU_ASSERT_STRING_EQUAL(claims.user.text, ALICE);
		CU_ASSERT_STRING_EQUAL(claims.tenant.text, ACME);
		CU_ASSERT_EQUAL(claims.issued_s, TEST_NOW_S - (i == 0 ? 0 : 30));
		CU_ASSERT_EQUAL(claims.expires_s, TEST_NOW_S + 60);
		CU_ASSERT_EQUAL(strlen(claims.jti), 36);
		CU_ASSERT_STRING_NOT_EQUAL(claims.jti, second.jti);
		CU_ASSERT_EQUAL(token_verify(&rules, jwt, TEST_NOW_S + 60, &claims, &err),
		    ES_TOKEN_EXPIRED);
		arena_free(&a);
	}
}

static void
signs_with_a_private_key_only(void)
{
	const struct token_key public_only = {
	    .kid = "es1", .alg = TOKEN_ES256, .verify = TEST_ES256_PUBLIC};
	struct token_rules one = rules;
	struct tenant_id tenant = {ACME};
	struct user_id user = {ALICE};
	struct arena *a = arena_new();
	const char *jwt = NULL;
	struct es_err err;

	one.keys = &public_only;
	one.n_keys = 1;
	CU_ASSERT_EQUAL(
	    token_mint(&one, &tenant, &user, TEST_NOW_S, 60, a, &jwt, &err), ES_INTERNAL);
	CU_ASSERT_PTR_NULL(jwt);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"accepts minted tokens", accepts_minted_tokens},
    {"signs with a private key only", signs_with_a_private_key_only},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/token_mint", cases)
