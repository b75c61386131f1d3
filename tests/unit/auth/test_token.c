/* Tokens: valid ones, and every reason for a refusal. */
#include "cunit_main.h"

#include <string.h>

#include "auth/token.h"
#include "auth/token_parse.h"
#include "core/check.h"
#include "token_data.h"
#include "token_forge.h"
#include "token_rules.h"

#include "core/banned.h"

static enum es_code
verify(const char *jwt)
{
	return verify_at(jwt, TEST_NOW_S);
}

/* Signs the token with the right secret and verifies it. So only head or body can be the
 * reason for a refusal. */
static enum es_code
verify_signed(const char *head, const char *body)
{
	struct arena *a = arena_new();
	const enum es_code rc = verify(token_forge(a, head, body, TEST_SECRET, 256));

	arena_free(&a);
	return rc;
}

static void
accepts_tokens_of_other_signers(void)
{
	static const char *const good[] = {TEST_HS256_TOKEN, TEST_ES256_TOKEN};

	for (size_t i = 0; i < ES_COUNT(good); i++) {
		struct token_claims claims;
		struct es_err err;

		CU_ASSERT_EQUAL_FATAL(
		    token_verify(&rules, good[i], TEST_NOW_S, &claims, &err), ES_OK);
		CU_ASSERT_STRING_EQUAL(claims.user.text, ALICE);
		CU_ASSERT_STRING_EQUAL(claims.tenant.text, ACME);
		CU_ASSERT_STRING_EQUAL(claims.jti, "j-1");
		CU_ASSERT_EQUAL(claims.issued_s, TEST_NOW_S - 30); /* iat - leeway */
		CU_ASSERT_EQUAL(claims.expires_s, TEST_NOW_S + 3600);
	}
	CU_ASSERT_EQUAL(verify_signed(HEAD, BODY), ES_OK);
}

static void
names_the_fault_of_an_invalid_token(void)
{
	CU_ASSERT_STRING_EQUAL(token_split_fault("eyJhbGciOiJub25lIn0.e30."),
	    "has no signature; alg none is not accepted");
	CU_ASSERT_STRING_EQUAL(token_split_fault("abc"),
	    "must be three parts of base64url without padding, separated by dots");
	CU_ASSERT_STRING_EQUAL(token_split_fault("a.b.c="),
	    "must be three parts of base64url without padding, separated by dots");
}

static void
refuses_every_changed_character(void)
{
	static const char *const good[] = {TEST_HS256_TOKEN, TEST_ES256_TOKEN};

	for (size_t i = 0; i < ES_COUNT(good); i++) {
		struct arena *a = arena_new();
		char *jwt = arena_strdup(a, good[i]);

		for (size_t at = 0; jwt[at] != '\0'; at++) {
			const char was = jwt[at];

			jwt[at] = was == 'A' ? 'B' : 'A';
			CU_ASSERT_EQUAL(verify(jwt), ES_UNAUTHENTICATED);
			jwt[at] = was;
		}
		CU_ASSERT_EQUAL(verify(jwt), ES_OK);
		arena_free(&a);
	}
}

static void
refuses_every_other_algorithm(void)
{
	static const struct {
		const char *head, *secret;
		int bits;
	} attacks[] = {
	    {"{\"alg\":\"none\"}", "", 0},
	    {"{\"alg\":\"none\",\"kid\":\"hs1\"}", "", 0},
	    {"{\"alg\":\"None\",\"kid\":\"hs1\"}", "", 0},
	    {"{\"alg\":\"nOnE\",\"kid\":\"es1\"}", "", 0},
	    {"{\"alg\":\"none\",\"kid\":\"hs1\"}", TEST_SECRET, 256},
	    {"{\"alg\":\"HS256\",\"kid\":\"hs1\"}", "", 0},
	    /* the public key as an HMAC secret */
	    {"{\"alg\":\"HS256\",\"kid\":\"es1\"}", TEST_ES256_PUBLIC, 256},
	    {"{\"alg\":\"HS256\",\"kid\":\"hs1\"}", TEST_ES256_PUBLIC, 256},
	    {"{\"alg\":\"ES256\",\"kid\":\"es1\"}", TEST_ES256_PUBLIC, 256},
	    {"{\"alg\":\"ES256\",\"kid\":\"hs1\"}", TEST_SECRET, 256},
	    {"{\"alg\":\"ES256\"}", TEST_SECRET, 256},
	    /* the right secret, but the key is for HS256 only */
	    {"{\"alg\":\"HS512\",\"kid\":\"hs1\"}", TEST_SECRET, 512},
	    {"{\"alg\":\"HS256\",\"kid\":\"hs1\"}", TEST_SECRET, 512},
	    {"{\"alg\":\"hs256\",\"kid\":\"hs1\"}", TEST_SECRET, 256},
	    {"{\"alg\":\"HS256\",\"kid\":\"hs1\"}", "", 256},
	    {"{\"alg\":\"HS256\",\"kid\":\"hs1\"}", "guess", 256},
	    {"{\"alg\":\"HS256\",\"alg\":\"none\",\"kid\":\"hs1\"}", TEST_SECRET, 256},
	};

	for (size_t i = 0; i < ES_COUNT(attacks); i++) {
		struct arena *a = arena_new();

		CU_ASSERT_EQUAL(verify(token_forge(a, attacks[i].head, BODY,
				    attacks[i].secret, attacks[i].bits)),
		    ES_UNAUTHENTICATED);
		arena_free(&a);
	}
}

static void
refuses_bad_headers(void)
{
	static const char *const bad[] = {
	    "{\"alg\":\"HS256\",\"kid\":\"other\"}",
	    "{\"alg\":\"HS256\",\"kid\":\"\"}",
	    "{\"alg\":\"HS256\",\"kid\":\"HS1\"}",
	    "{\"alg\":\"HS256\",\"kid\":null}",
	    "{\"alg\":\"HS256\",\"kid\":1}",
	    "{\"alg\":\"HS256\",\"kid\":[\"hs1\"]}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\\u0000\"}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"kid\":\"hs1\"}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"typ\":\"JWE\"}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"crit\":[\"exp\"]}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"crit\":[]}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\",\"crit\":null}",
	    "{\"kid\":\"hs1\"}",
	    "{\"alg\":null,\"kid\":\"hs1\"}",
	    "{\"alg\":256,\"kid\":\"hs1\"}",
	    "[\"HS256\"]",
	    "\"HS256\"",
	    "{}",
	    "{\"alg\":\"HS256\",\"kid\":\"hs1\"} x",
	    "{'alg':'HS256','kid':'hs1'}",
	};

	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_EQUAL(verify_signed(bad[i], BODY), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(
	    verify_signed("{\"alg\":\"HS256\",\"kid\":\"hs1\"}", BODY), ES_OK);
	CU_ASSERT_EQUAL(
	    verify_signed("{\"alg\":\"HS256\",\"typ\":\"jwt\"}", BODY), ES_OK);
}

static void
a_token_without_kid_is_tried_with_hs1_only(void)
{
	const struct token_rules without = {.keys = keys + 1,
	    .n_keys = 1,
	    .issuer = "echostream",
	    .audience = "echostream"};
	struct arena *a = arena_new();
	const char *jwt =
	    token_forge(a, "{\"alg\":\"HS256\"}", BODY, TEST_ES256_PUBLIC, 256);
	struct token_claims claims;
	struct es_err err;

	CU_ASSERT_EQUAL(verify_signed("{\"alg\":\"HS256\"}", BODY), ES_OK);
	CU_ASSERT_EQUAL(
	    token_verify(&without, jwt, TEST_NOW_S, &claims, &err), ES_UNAUTHENTICATED);
	arena_free(&a);
}

static void
refuses_bad_claims(void)
{
	static const char *const bad[] = {
	    "{" AUD SUB TID IAT EXP "}",
	    "{" ISS SUB TID IAT EXP "}",
	    "{" ISS AUD TID IAT EXP "}",
	    "{" ISS AUD SUB IAT EXP "}",
	    "{" ISS AUD SUB TID EXP "}",
	    "{" ISS AUD SUB TID "\"iat\":1700000000}",
	    "{\"iss\":\"other\"," AUD SUB TID IAT EXP "}",
	    "{\"iss\":\"echostream\\u0000\"," AUD SUB TID IAT EXP "}",
	    "{\"iss\":[\"echostream\"]," AUD SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":\"other\"," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":\"\"," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":\"echostream2\"," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":[]," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":[\"a\",\"b\"]," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":[[\"echostream\"]]," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":{\"echostream\":1}," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":null," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":1," SUB TID IAT EXP "}",
	    "{" ISS AUD "\"sub\":\"alice\"," TID IAT EXP "}",
	    "{" ISS AUD "\"sub\":\"\"," TID IAT EXP "}",
	    "{" ISS AUD "\"sub\":\"" ALICE "\\u0000\"," TID IAT EXP "}",
	    "{" ISS AUD "\"sub\":\"" ALICE " \"," TID IAT EXP "}",
	    "{" ISS AUD SUB "\"tid\":\"acme\"," IAT EXP "}",
	    "{" ISS AUD SUB "\"tid\":\"01900000-0000-7000-8000-00000000000G\"," IAT EXP
	    "}",
	    "{" ISS AUD SUB TID IAT "\"exp\":\"1700003600\"}",
	    "{" ISS AUD SUB TID IAT "\"exp\":1700000000.9}",
	    "{" ISS AUD SUB TID IAT "\"exp\":9007199254740993}",
	    "{" ISS AUD SUB TID IAT "\"exp\":-0.5}",
	    "{" ISS AUD SUB TID IAT "\"exp\":true}",
	    "{" ISS AUD SUB TID IAT "\"exp\":[1700003600]}",
	    "{" ISS AUD SUB TID "\"iat\":1700000030.001," EXP "}",
	    "{" ISS AUD SUB TID "\"iat\":\"1700000000\"," EXP "}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":1700000030.001}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":1e99}",
	    "{" ISS AUD SUB TID IAT "\"exp\":1e99}",
	    "{" ISS AUD SUB TID IAT "\"exp\":-1}",
	    "{" ISS AUD SUB TID IAT "\"exp\":null}",
	    "{" ISS AUD SUB TID IAT "\"exp\":99999999999999999999}",
	    "{" ISS AUD SUB TID IAT EXP ",\"exp\":1800000000}",
	    "{" ISS AUD SUB TID "\"iat\":1700000031," EXP "}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":1700000031}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":\"1\"}",
	    "{" ISS AUD SUB TID IAT EXP ",\"jti\":7}",
	    "{" ISS AUD SUB TID IAT EXP ",\"jti\":\"" ALICE ALICE "\"}",
	    "{" ISS AUD SUB TID IAT EXP "} {}",
	    "[]",
	};

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		const enum es_code rc = verify_signed(HEAD, bad[i]);
		/* exp is rounded down: 1700000000.9 expires at TEST_NOW_S */
		const enum es_code right = strstr(bad[i], "1700000000.9") != NULL
		                               ? ES_TOKEN_EXPIRED
		                               : ES_UNAUTHENTICATED;

		CU_ASSERT_EQUAL(rc, right);
		if (rc != right)
			(void)printf("wrong result for %s\n", bad[i]);
	}
}

static void
accepts_the_forms_that_the_standard_allows(void)
{
	static const char *const good[] = {
	    "{" ISS "\"aud\":[\"echostream\"]," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":[\"a\",7,\"echostream\"]," SUB TID IAT EXP "}",
	    "{" ISS "\"aud\":\"\\u0065chostream\"," SUB TID IAT EXP "}",
	    "{" ISS AUD SUB TID "\"iat\":1700000030," EXP "}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":1700000030}",
	    "{" ISS AUD SUB TID IAT EXP ",\"scope\":{\"deep\":[1,2]}}",
	    "{" ISS AUD SUB TID IAT "\"exp\":1700000001.5}",
	    "{" ISS AUD SUB TID IAT "\"exp\":1.7000036e9}",
	    "{" ISS AUD SUB TID IAT "\"exp\":17000036E+2}",
	    "{" ISS AUD SUB TID "\"iat\":1700000029.001," EXP "}",
	    "{" ISS AUD SUB TID "\"iat\":0.25," EXP "}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":1700000029.5}",
	    "{" ISS AUD SUB TID IAT EXP ",\"nbf\":null}",
	};

	for (size_t i = 0; i < ES_COUNT(good); i++)
		CU_ASSERT_EQUAL(verify_signed(HEAD, good[i]), ES_OK);
}

static void
refuses_texts_that_are_not_three_parts(void)
{
	static const char *const suffixes[] = {
	    ".", ".x", "=", " ", "\n", "A", "AA", "+", "/", "%", "..", ".e30"};
	static const char *const shapes[] = {"", ".", "..", "...", "a.b.c", "e30.e30.",
	    "e30.e30", ".e30.e30", "e30..e30", "e30.e30.e30", "e30.e30.e30.e30"};
	struct arena *a = arena_new();

	for (size_t i = 0; i < ES_COUNT(suffixes); i++) {
		CU_ASSERT_EQUAL(
		    verify(arena_printf(a, "%s%s", TEST_HS256_TOKEN, suffixes[i])),
		    ES_UNAUTHENTICATED);
		CU_ASSERT_EQUAL(
		    verify(arena_printf(a, "%s%s", suffixes[i], TEST_HS256_TOKEN)),
		    ES_UNAUTHENTICATED);
	}
	for (size_t i = 0; i < ES_COUNT(shapes); i++)
		CU_ASSERT_EQUAL(verify(shapes[i]), ES_UNAUTHENTICATED);
	arena_free(&a);
}

/* Two bits of the last character are not part of the signature. A decoder that ignores
 * these bits would accept four spellings of each signature. */
static void
refuses_a_second_spelling_of_a_signature(void)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
	struct arena *a = arena_new();
	char *jwt = arena_strdup(a, TEST_HS256_TOKEN);
	char *last = jwt + strlen(jwt) - 1;
	const char was = *last;

	for (const char *c = alphabet; *c != '\0'; c++) {
		*last = *c;
		CU_ASSERT_EQUAL(verify(jwt), *c == was ? ES_OK : ES_UNAUTHENTICATED);
	}
	arena_free(&a);
}

static void
refuses_a_token_longer_than_token_max(void)
{
	struct arena *a = arena_new();
	const char *jwt = "";
	size_t pad = 2400;

	do { /* makes the claims longer until the token is longer than TOKEN_MAX */
		char *text = arena_alloc(a, pad + 1);

		memset(text, 'x', pad++);
		jwt = token_forge(a, HEAD,
		    arena_printf(a, "{" ISS AUD SUB TID IAT EXP ",\"p\":\"%s\"}", text),
		    TEST_SECRET, 256);
		CU_ASSERT_EQUAL(
		    verify(jwt), strlen(jwt) <= TOKEN_MAX ? ES_OK : ES_UNAUTHENTICATED);
	} while (strlen(jwt) <= TOKEN_MAX);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"accepts tokens of other signers", accepts_tokens_of_other_signers},
    {"names the fault of an invalid token", names_the_fault_of_an_invalid_token},
    {"refuses every changed character", refuses_every_changed_character},
    {"refuses every other algorithm", refuses_every_other_algorithm},
    {"refuses bad headers", refuses_bad_headers},
    {"a token without kid is tried with hs1 only",
	a_token_without_kid_is_tried_with_hs1_only},
    {"refuses bad claims", refuses_bad_claims},
    {"accepts the forms that the standard allows",
	accepts_the_forms_that_the_standard_allows},
    {"refuses texts that are not three parts", refuses_texts_that_are_not_three_parts},
    {"refuses a second spelling of a signature",
	refuses_a_second_spelling_of_a_signature},
    {"refuses a token longer than TOKEN_MAX", refuses_a_token_longer_than_token_max},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/token", cases)
