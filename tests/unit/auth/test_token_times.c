/* The time during which a token is valid, and the types of tokens. */
#include "cunit_main.h"

#include <string.h>

#include "auth/token.h"
#include "core/check.h"
#include "token_data.h"
#include "token_forge.h"
#include "token_rules.h"

#include "core/banned.h"

/* Signs the token with the right secret and verifies it. So only head or body can be the
 * reason for a refusal. */
static enum es_code
verify_signed(const char *head, const char *body)
{
	struct arena *a = arena_new();
	const enum es_code rc =
	    verify_at(token_forge(a, head, body, TEST_SECRET, 256), TEST_NOW_S);

	arena_free(&a);
	return rc;
}

/* token_verify() rounds exp down. It rounds iat up to decide whether a token is valid
 * yet, and down to decide whether it is revoked. */
static void
rounds_fractions_so_that_a_token_lives_shorter(void)
{
	struct arena *a = arena_new();
	const char *jwt = token_forge(a, HEAD,
	    "{" ISS AUD SUB TID "\"iat\":1700000000.75,\"exp\":1700003600.75}",
	    TEST_SECRET, 256);
	struct token_claims claims;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    token_verify(&rules, jwt, TEST_NOW_S, &claims, &err), ES_OK);
	CU_ASSERT_EQUAL(claims.issued_s, TEST_NOW_S - 30);
	CU_ASSERT_EQUAL(claims.expires_s, TEST_NOW_S + 3600);
	CU_ASSERT_EQUAL(verify_at(jwt, TEST_NOW_S - 29), ES_OK);
	CU_ASSERT_EQUAL(verify_at(jwt, TEST_NOW_S - 30), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify_at(jwt, TEST_NOW_S + 3600), ES_TOKEN_EXPIRED);
	arena_free(&a);
}

static void
accepts_the_types_of_tokens(void)
{
	static const struct {
		const char *typ;
		enum es_code code;
	} types[] = {
	    {"JWT", ES_OK},
	    {"at+jwt", ES_OK},
	    {"AT+JWT", ES_OK},
	    {"application/at+jwt", ES_OK},
	    {"application/jwt", ES_OK},
	    {"jwt2", ES_UNAUTHENTICATED},
	    {"application/", ES_UNAUTHENTICATED},
	    {"text/at+jwt", ES_UNAUTHENTICATED},
	    {"logout+jwt", ES_UNAUTHENTICATED},
	    {"", ES_UNAUTHENTICATED},
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ES_COUNT(types); i++)
		CU_ASSERT_EQUAL(
		    verify_signed(arena_printf(a,
				      "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"typ\":"
				      "\"%s\"}",
				      types[i].typ),
			BODY),
		    types[i].code);
	CU_ASSERT_EQUAL(
	    verify_signed("{\"alg\":\"HS256\",\"kid\":\"hs1\"}", BODY), ES_OK);
	arena_free(&a);
}

static void
expires_to_the_second(void)
{
	struct arena *a = arena_new();

	CU_ASSERT_EQUAL(verify_at(TEST_HS256_TOKEN, TEST_NOW_S + 3599), ES_OK);
	CU_ASSERT_EQUAL(verify_at(TEST_HS256_TOKEN, TEST_NOW_S + 3600), ES_TOKEN_EXPIRED);
	CU_ASSERT_EQUAL(verify_at(TEST_HS256_TOKEN, TEST_NOW_S - 30), ES_OK);
	CU_ASSERT_EQUAL(verify_at(TEST_HS256_TOKEN, TEST_NOW_S - 31), ES_UNAUTHENTICATED);
	/* only an otherwise valid token is reported as expired */
	CU_ASSERT_EQUAL(
	    verify_at(token_forge(a, HEAD, BODY, "guess", 256), TEST_NOW_S + 9999),
	    ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(
	    verify_at(token_forge(a, HEAD, "{" ISS "\"aud\":\"x\"," SUB TID IAT EXP "}",
			  TEST_SECRET, 256),
		TEST_NOW_S + 9999),
	    ES_UNAUTHENTICATED);
	arena_free(&a);
}

static int64_t
issued_s(const char *times, int64_t now_s)
{
	struct arena *a = arena_new();
	struct token_claims claims = {.issued_s = -1};
	struct es_err err;

	IGNORE(token_verify(&rules,
	    token_forge(a, HEAD,
		arena_printf(a, "{" ISS AUD SUB TID "%s," EXP "}", times), TEST_SECRET,
		256),
	    now_s, &claims, &err));
	arena_free(&a);
	return claims.issued_s;
}

/* The clock of a signer may be ahead by the whole leeway, so issued_s is iat - leeway. A
 * token that EchoStream minted needs no leeway, so its issued_s is iat. */
static void
returns_the_earliest_time_at_which_a_token_was_made(void)
{
	CU_ASSERT_EQUAL(issued_s("\"iat\":1700000000", TEST_NOW_S), TEST_NOW_S - 30);
	CU_ASSERT_EQUAL(issued_s("\"iat\":1700000030", TEST_NOW_S), TEST_NOW_S);
	CU_ASSERT_EQUAL(issued_s("\"iat\":1700000031", TEST_NOW_S), -1);
	CU_ASSERT_EQUAL(issued_s("\"iat\":29", TEST_NOW_S), 0);
	CU_ASSERT_EQUAL(
	    issued_s("\"iat\":1700000000,\"es_minted\":true", TEST_NOW_S), TEST_NOW_S);
	/* the iat of a token that EchoStream mints after a revocation is the next second
	 */
	CU_ASSERT_EQUAL(issued_s("\"iat\":1700000031,\"es_minted\":true", TEST_NOW_S),
	    TEST_NOW_S + 31);
	CU_ASSERT_EQUAL(
	    issued_s("\"iat\":1700000032,\"es_minted\":true", TEST_NOW_S), -1);
	CU_ASSERT_EQUAL(issued_s("\"iat\":1700000000,\"es_minted\":false", TEST_NOW_S),
	    TEST_NOW_S - 30);
	CU_ASSERT_EQUAL(
	    issued_s("\"iat\":1700000000,\"es_minted\":\"yes\"", TEST_NOW_S), -1);
}

static CU_TestInfo cases[] = {
    {"rounds fractions so that the lifetime gets shorter",
	rounds_fractions_so_that_a_token_lives_shorter},
    {"accepts the types of tokens", accepts_the_types_of_tokens},
    {"expires to the second", expires_to_the_second},
    {"returns the earliest time at which a token may be made",
	returns_the_earliest_time_at_which_a_token_was_made},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/token_times", cases)
