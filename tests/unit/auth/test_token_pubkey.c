#include <string.h>

#include "auth/token.h"
#include "auth/token_pubkey.h"

#include "token_data.h"

#include "cunit_main.h"

/* openssl ecparam -name secp384r1 -genkey | openssl ec -pubout */
#define P384 \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEjVv75eZtJogimo68fgwr9xcx9cnRppnb\n" \
	"tV99pUVmnxWjVYj2u1BdoR3rDTQXnTdhPq8L7c1eR74CliwJsfDyBAwCsHzGtdbZ\n" \
	"dWYDOt97GHk/0vSdwGch+oVfQCFn4CEL\n" \
	"-----END PUBLIC KEY-----\n"

/* openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 \
 *   -pkeyopt rsa_keygen_pubexp:8589934593 | openssl pkey -pubout: 34 bits */
#define LONG_EXPONENT \
	"-----BEGIN PUBLIC KEY-----\n" \
	"MIIBJDANBgkqhkiG9w0BAQEFAAOCAREAMIIBDAKCAQEAnA0inecJFPykZZ4vr1oo\n" \
	"gASrNk7GkinfrfMTIzKeBqjjxRgXApAjXDXx3cwzHDmqNaH/5Y6O6SknN1BaweHI\n" \
	"shoOZNbLg5SvDMnw1DmntEyyc8QmseSoxvEC9Bk458FKzo2+x75Kq2pXQ/G68p1E\n" \
	"vhg8GV/ivldeVfu+Jbp61Lp28T2ZYkMzoOM9XOSZjJ5lYuRs02ErMZjugXxEwrDP\n" \
	"Cw67r/zf8Z5S7ZPR3VpguXX4XgaOmqkc5itw1iIKCw74ka+sM3TgcqRZN4VrIJEV\n" \
	"caToqhlJUOjziNLxGORSiT9v7VI732Lrc0uszWjG7QEw0+b8LyfFgSIqWI1C1KI4\n" \
	"7QIFAgAAAAE=\n" \
	"-----END PUBLIC KEY-----\n"

static void
only_a_public_key_on_p_256_is_accepted(void)
{
	static const struct {
		const char *pem;
		enum es_code code;
	} keys[] = {
	    {TEST_ES256_PUBLIC, ES_OK},
	    {TEST_ES256_PRIVATE, ES_INVALID},
	    {P384, ES_INVALID},
	    {"", ES_INVALID},
	    {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", ES_INVALID},
	    {TEST_SECRET, ES_INVALID},
	};
	struct arena *a = arena_new();
	struct es_err err;

	for (unsigned i = 0; i < ES_COUNT(keys); i++)
		CU_ASSERT_EQUAL(
		    token_pubkey_check_es256(keys[i].pem, a, &err), keys[i].code);
	arena_free(&a);
}

/* Compares a key that was parsed once with a key that is parsed for each token. */
static void
a_parsed_key_gives_the_same_results(void)
{
	struct token_pubkey *parsed = NULL;
	struct token_key key = {
	    .kid = "es1", .alg = TOKEN_ES256, .verify = TEST_ES256_PUBLIC};
	const struct token_rules rules = {.keys = &key,
	    .n_keys = 1,
	    .issuer = "echostream",
	    .audience = "echostream",
	    .leeway_s = 30};
	char jwt[] = TEST_ES256_TOKEN;
	const size_t len = strlen(jwt);
	struct token_claims claims;
	struct es_err err;

	CU_ASSERT_EQUAL(
	    token_pubkey_new(TOKEN_ES256, TEST_ES256_PUBLIC, &parsed, &err), ES_OK);
	for (int i = 0; i < 2; i++) {
		key.parsed = i == 0 ? NULL : parsed;
		CU_ASSERT_EQUAL(
		    token_verify(&rules, jwt, TEST_NOW_S, &claims, &err), ES_OK);
		for (size_t at = len - 80; at < len - 1;
		     at++) { /* the characters of the signature */
			const char was = jwt[at];

			jwt[at] = was == 'A' ? 'B' : 'A';
			CU_ASSERT_EQUAL(
			    token_verify(&rules, jwt, TEST_NOW_S, &claims, &err),
			    ES_UNAUTHENTICATED);
			jwt[at] = was;
		}
	}
	token_pubkey_free(&parsed);
	token_pubkey_free(&parsed);
}

static void
a_signature_has_64_bytes(void)
{
	static const unsigned char zeros[65];
	struct token_pubkey *parsed = NULL;
	struct es_err err;

	CU_ASSERT_EQUAL(
	    token_pubkey_new(TOKEN_ES256, TEST_ES256_PUBLIC, &parsed, &err), ES_OK);
	CU_ASSERT_FALSE(token_pubkey_verify(parsed, "x", 1, zeros, 0));
	CU_ASSERT_FALSE(token_pubkey_verify(parsed, "x", 1, zeros, 63));
	CU_ASSERT_FALSE(token_pubkey_verify(parsed, "x", 1, zeros, 64));
	CU_ASSERT_FALSE(token_pubkey_verify(parsed, "x", 1, zeros, 65));
	token_pubkey_free(&parsed);
}

static void
a_refusal_names_the_fault(void)
{
	static const struct {
		enum token_alg alg;
		const char *pem, *text;
	} rows[] = {
	    {TOKEN_RS256, LONG_EXPONENT,
		"is an RSA key with an unsupported exponent; use 65537"},
	    {TOKEN_RS256, P384, "is not an RSA key"},
	    {TOKEN_ES256, P384, "is not a key on the curve P-256"},
	    {TOKEN_EDDSA, P384, "is not a key on the curve Ed25519"},
	    {TOKEN_ES256, "", "is not a public key in PEM"},
	};
	struct token_pubkey *key = NULL;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		CU_ASSERT_EQUAL(
		    token_pubkey_new(rows[i].alg, rows[i].pem, &key, &err), ES_INVALID);
		CU_ASSERT_STRING_EQUAL(err.text, rows[i].text);
	}
}

static CU_TestInfo cases[] = {
    {"only a public key on P-256 is accepted", only_a_public_key_on_p_256_is_accepted},
    {"a parsed key gives the same results", a_parsed_key_gives_the_same_results},
    {"a signature has 64 bytes", a_signature_has_64_bytes},
    {"a refusal names the fault", a_refusal_names_the_fault},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("token_pubkey", cases)
