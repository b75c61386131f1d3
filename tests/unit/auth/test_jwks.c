/* Key sets of identity providers, valid and invalid ones. */
#include "cunit_main.h"

#include <string.h>

#include "auth/jwks.h"
#include "core/check.h"
#include "issuer_sign.h"

#include "core/banned.h"

static struct arena *mem;

/* Parses the key set. Sets *out to the number of keys for alg, and *kid to the kid of the
 * last one. */
static enum es_code
parse_keys(const char *text, enum token_alg alg, size_t *out, const char **kid)
{
	struct jwk keys[JWKS_KEYS_MAX];
	struct es_err err;
	size_t n = 0;
	const enum es_code rc = jwks_parse(text, strlen(text), alg, mem, keys, &n, &err);

	for (size_t i = 0; i < n; i++) {
		*kid = keys[i].kid;
		token_pubkey_free(&keys[i].key);
	}
	*out = n;
	return rc;
}

static void
reads_keys_for_an_algorithm(void)
{
	static const enum token_alg algs[] = {TOKEN_RS256, TOKEN_ES256, TOKEN_EDDSA};
	const char *all = "", *kid = NULL;
	size_t n;

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(algs); i++) {
		EVP_PKEY *key = issuer_sign_key(algs[i]);

		all = arena_printf(mem, "%s%s%s", all, i > 0 ? "," : "",
		    issuer_sign_jwk(mem, algs[i], key, token_alg_name(algs[i]),
			",\"use\":\"sig\",\"x5c\":[\"x\"]"));
		EVP_PKEY_free(key);
	}
	all = arena_printf(mem, "{\"keys\":[%s],\"more\":1}", all);
	for (size_t i = 0; i < ES_COUNT(algs); i++) {
		CU_ASSERT_EQUAL(parse_keys(all, algs[i], &n, &kid), ES_OK);
		CU_ASSERT_EQUAL_FATAL(n, 1);
		CU_ASSERT_STRING_EQUAL(kid, token_alg_name(algs[i]));
	}
	CU_ASSERT_EQUAL(parse_keys(all, TOKEN_HS256, &n, &kid), ES_INVALID);
	arena_free(&mem);
}

static void
ignores_entries_that_are_not_keys(void)
{
	EVP_PKEY *small = issuer_sign_rsa(1024), *good = issuer_sign_rsa(2048);
	const char *kid = NULL, *text;
	size_t n;

	mem = arena_new();
	text = arena_printf(mem,
	    "{\"keys\":[7,{},{\"kty\":\"oct\",\"k\":\"AAAA\"},%s,%s,%s,%s,"
	    "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"},"
	    "{\"kty\":\"RSA\",\"n\":\"***\",\"e\":\"AQAB\"},"
	    "{\"kty\":\"RSA\",\"e\":\"AQAB\"},%s]}",
	    issuer_sign_jwk(mem, TOKEN_RS256, small, "small", ""),
	    issuer_sign_jwk(mem, TOKEN_RS256, good, "enc", ",\"use\":\"enc\""),
	    issuer_sign_jwk(mem, TOKEN_RS256, good, "ps", ",\"alg\":\"PS256\""),
	    issuer_sign_jwk(mem, TOKEN_RS256, good, "hs", ",\"alg\":\"HS256\""),
	    issuer_sign_jwk(mem, TOKEN_RS256, good, "good", ",\"alg\":\"RS256\""));
	CU_ASSERT_EQUAL(parse_keys(text, TOKEN_RS256, &n, &kid), ES_OK);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_STRING_EQUAL(kid, "good");
	EVP_PKEY_free(small);
	EVP_PKEY_free(good);
	arena_free(&mem);
}

static void
refuses_documents_that_are_not_key_sets(void)
{
	static const char *const bad[] = {"", "x", "[]", "{}", "{\"keys\":{}}",
	    "{\"keys\":[]}", "{\"keys\":null}",
	    /* a point that is not on the curve */
	    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\",\"y\":"
	    "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
	    "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\",\"y\":\"AA\"}]}"};
	const char *kid = NULL;
	char *big;
	size_t n;

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(bad); i++)
		CU_ASSERT_EQUAL(parse_keys(bad[i], TOKEN_ES256, &n, &kid), ES_INVALID);
	big = arena_alloc(mem, JWKS_BYTES_MAX + 2);
	memset(big, ' ', JWKS_BYTES_MAX + 1);
	big[JWKS_BYTES_MAX + 1] = '\0';
	CU_ASSERT_EQUAL(parse_keys(big, TOKEN_ES256, &n, &kid), ES_INVALID);
	arena_free(&mem);
}

static void
reads_at_most_fifty_keys(void)
{
	EVP_PKEY *key = issuer_sign_key(TOKEN_EDDSA);
	const char *kid = NULL, *text, *all = "";
	size_t n;

	mem = arena_new();
	for (int i = 0; i <= JWKS_KEYS_MAX; i++)
		all = arena_printf(mem, "%s%s%s", all, i > 0 ? "," : "",
		    issuer_sign_jwk(mem, TOKEN_EDDSA, key, "k", ""));
	text = arena_printf(mem, "{\"keys\":[%s]}", all);
	CU_ASSERT_EQUAL(parse_keys(text, TOKEN_EDDSA, &n, &kid), ES_OK);
	CU_ASSERT_EQUAL(n, JWKS_KEYS_MAX);
	EVP_PKEY_free(key);
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"reads keys for an algorithm", reads_keys_for_an_algorithm},
    {"ignores entries that are not keys", ignores_entries_that_are_not_keys},
    {"refuses documents that are not key sets", refuses_documents_that_are_not_key_sets},
    {"reads at most fifty keys", reads_at_most_fifty_keys},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/jwks", cases)
