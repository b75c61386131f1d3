/* What the tests of token_verify() share: the rules of an installation, and the parts of
 * a token that these rules accept. */
#ifndef TESTS_UNIT_AUTH_TOKEN_RULES_H
#define TESTS_UNIT_AUTH_TOKEN_RULES_H

#include "auth/token.h"
#include "cunit_main.h"
#include "token_data.h"

#define ALICE "01900000-0000-7000-8000-00000000a001"
#define ACME  "01900000-0000-7000-8000-000000000001"
#define HEAD  "{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"hs1\"}"
#define BODY  "{" ISS AUD SUB TID IAT "\"exp\":1700003600}"
#define ISS   "\"iss\":\"echostream\","
#define AUD   "\"aud\":\"echostream\","
#define SUB   "\"sub\":\"" ALICE "\","
#define TID   "\"tid\":\"" ACME "\","
#define IAT   "\"iat\":1700000000,"
#define EXP   "\"exp\":1700003600"

static const struct token_key keys[] = {
    {.kid = "hs1", .alg = TOKEN_HS256, .verify = TEST_SECRET},
    {.kid = "es1", .alg = TOKEN_ES256, .verify = TEST_ES256_PUBLIC},
};
static const struct token_rules rules = {.keys = keys,
    .n_keys = ES_COUNT(keys),
    .issuer = "echostream",
    .audience = "echostream",
    .leeway_s = 30};

static inline enum es_code
verify_at(const char *jwt, int64_t now_s)
{
	struct token_claims claims;
	struct es_err err = {.code = ES_OK};
	const enum es_code rc = token_verify(&rules, jwt, now_s, &claims, &err);

	CU_ASSERT_EQUAL(err.code, rc);
	return rc;
}

#endif
