/* Tokens of a tenant's own issuer: each algorithm, and every reason for a refusal. */
#include "cunit_main.h"

#include <string.h>

#include "auth/issuer.h"
#include "auth/issuer_profile.h"
#include "core/check.h"
#include "issuer_sign.h"
#include "token_data.h"
#include "token_forge.h"

#include "core/banned.h"

#define ACME     "01900000-0000-7000-8000-000000000001"
#define GLOBEX   "01900000-0000-7000-8000-000000000002"
#define ISS      "\"iss\":\"my-app\","
#define BODY_END "\"iat\":1700000000,\"exp\":1700003600}"
#define BODY \
	"{" ISS "\"aud\":\"echostream\",\"sub\":\"bob-1\",\"tid\":\"" ACME "\"" \
	"," BODY_END
#define SECRET_HEX \
	"30313233343536373839616263646566" \
	"30313233343536373839616263646566"
#define SECRET "0123456789abcdef0123456789abcdef"

static EVP_PKEY *signers[TOKEN_EDDSA + 1], *others[TOKEN_EDDSA + 1];
static struct arena *mem;
static struct issuer *issuer;

static int
make_keys(void)
{
	static const enum token_alg algs[] = {TOKEN_RS256, TOKEN_ES256, TOKEN_EDDSA};

	mem = arena_new();
	for (size_t i = 0; i < ES_COUNT(algs); i++) {
		signers[algs[i]] = issuer_sign_key(algs[i]);
		others[algs[i]] = issuer_sign_key(algs[i]);
	}
	return 0;
}

static int
drop_keys(void)
{
	for (size_t i = 0; i <= TOKEN_EDDSA; i++) {
		EVP_PKEY_free(signers[i]); /* accepts NULL */
		EVP_PKEY_free(others[i]);
	}
	arena_free(&mem);
	return 0;
}

static struct issuer_key
pem_key(const char *kid, enum token_alg alg)
{
	return (struct issuer_key){.tenant = {ACME},
	    .kid = kid,
	    .alg = token_alg_name(alg),
	    .public_key = issuer_sign_pem(mem, signers[alg]),
	    .created_ms = 7};
}

/* Opens an issuer with one key for each algorithm. The kids are hs, rs, es and ed. */
static void
open_issuer(void)
{
	const struct issuer_key keys[] = {
	    {.tenant = {ACME}, .kid = "hs", .alg = "HS256", .secret_hex = SECRET_HEX},
	    pem_key("rs", TOKEN_RS256),
	    pem_key("es", TOKEN_ES256),
	    pem_key("ed", TOKEN_EDDSA),
	};

	issuer = issuer_new("my-app", "echostream", keys, ES_COUNT(keys));
}

static enum es_code
verify(const char *jwt, struct issuer_claims *out)
{
	struct es_err err;

	return issuer_verify(issuer, jwt, TEST_NOW_S, 30, mem, out, &err);
}

static const char *
head_of(enum token_alg alg, const char *kid)
{
	return arena_printf(
	    mem, "{\"alg\":\"%s\",\"kid\":\"%s\"}", token_alg_name(alg), kid);
}

static void
accepts_each_algorithm(void)
{
	static const struct {
		const char *kid;
		enum token_alg alg;
	} keys[] = {{"rs", TOKEN_RS256}, {"es", TOKEN_ES256}, {"ed", TOKEN_EDDSA}};
	struct issuer_claims c;

	open_issuer();
	for (size_t i = 0; i < ES_COUNT(keys); i++) {
		const enum token_alg alg = keys[i].alg;
		char *jwt = arena_strdup(mem,
		    issuer_sign(mem, alg, signers[alg], head_of(alg, keys[i].kid), BODY));
		char *at = jwt + strlen(jwt) - 20;

		CU_ASSERT_EQUAL_FATAL(verify(jwt, &c), ES_OK);
		CU_ASSERT_STRING_EQUAL(c.tenant.text, ACME);
		CU_ASSERT_STRING_EQUAL(c.kid, keys[i].kid);
		CU_ASSERT_STRING_EQUAL(c.subject, "bob-1");
		CU_ASSERT_EQUAL(c.key_created_ms, 7);
		CU_ASSERT_EQUAL(c.expires_s, TEST_NOW_S + 3600);
		*at = *at == 'A' ? 'B' : 'A';
		CU_ASSERT_EQUAL(verify(jwt, &c), ES_UNAUTHENTICATED);
		CU_ASSERT_EQUAL(verify(issuer_sign(mem, alg, others[alg],
					   head_of(alg, keys[i].kid), BODY),
				    &c),
		    ES_UNAUTHENTICATED);
	}
	CU_ASSERT_EQUAL(
	    verify(token_forge(mem, head_of(TOKEN_HS256, "hs"), BODY, SECRET, 256), &c),
	    ES_OK);
	issuer_free(&issuer);
}

/* Refuses three attacks: the public key used as an HMAC secret, a token without a
 * signature, and a key used under the kid of another key. */
static void
never_takes_the_algorithm_from_the_token(void)
{
	static const char *const kids[] = {"rs", "es", "ed"};
	static const enum token_alg algs[] = {TOKEN_RS256, TOKEN_ES256, TOKEN_EDDSA};
	struct issuer_claims c;

	open_issuer();
	for (size_t i = 0; i < ES_COUNT(kids); i++) {
		const char *pem = issuer_sign_pem(mem, signers[algs[i]]);

		CU_ASSERT_EQUAL(verify(token_forge(mem, head_of(TOKEN_HS256, kids[i]),
					   BODY, pem, 256),
				    &c),
		    ES_UNAUTHENTICATED);
		CU_ASSERT_EQUAL(
		    verify(
			token_forge(mem, head_of(algs[i], kids[i]), BODY, pem, 256), &c),
		    ES_UNAUTHENTICATED);
		CU_ASSERT_EQUAL(
		    verify(token_forge(mem,
			       arena_printf(
				   mem, "{\"alg\":\"none\",\"kid\":\"%s\"}", kids[i]),
			       BODY, "", 0),
			&c),
		    ES_UNAUTHENTICATED);
		for (size_t j = 0; j < ES_COUNT(kids); j++)
			CU_ASSERT_EQUAL(verify(issuer_sign(mem, algs[i], signers[algs[i]],
						   head_of(algs[i], kids[j]), BODY),
					    &c),
			    i == j ? ES_OK : ES_UNAUTHENTICATED);
	}
	issuer_free(&issuer);
}

static void
requires_a_known_kid_when_there_are_several_keys(void)
{
	const struct issuer_key one = pem_key("rs", TOKEN_RS256);
	const char *unnamed = issuer_sign(
	    mem, TOKEN_RS256, signers[TOKEN_RS256], "{\"alg\":\"RS256\"}", BODY);
	const char *strange = issuer_sign(
	    mem, TOKEN_RS256, signers[TOKEN_RS256], head_of(TOKEN_RS256, "new"), BODY);
	struct issuer_claims c;

	open_issuer();
	CU_ASSERT_EQUAL(verify(unnamed, &c), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify(strange, &c), ES_NOT_FOUND);
	issuer_free(&issuer);
	issuer = issuer_new("my-app", "echostream", &one, 1);
	CU_ASSERT_EQUAL(
	    verify(unnamed, &c), ES_OK); /* with only one key a token needs no kid */
	issuer_free(&issuer);
}

static void
refuses_bad_claims(void)
{
	static const struct {
		const char *body;
		enum es_code code;
	} rows[] = {
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\"," BODY_END, ES_OK},
	    {"{" ISS "\"aud\":[\"x\",\"echostream\"],\"sub\":\"b\"," BODY_END, ES_OK},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"tid\":\"" GLOBEX
	     "\"," BODY_END,
		ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"tid\":\"acme\"," BODY_END,
		ES_UNAUTHENTICATED},
	    {"{\"iss\":\"other\",\"aud\":\"echostream\",\"sub\":\"b\"," BODY_END,
		ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"other\",\"sub\":\"b\"," BODY_END, ES_UNAUTHENTICATED},
	    {"{" ISS "\"sub\":\"b\"," BODY_END, ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\"," BODY_END, ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"\"," BODY_END, ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"iat\":1700000000}",
		ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"exp\":1700003600}",
		ES_UNAUTHENTICATED},
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"iat\":1,\"exp\":1700000000}",
		ES_TOKEN_EXPIRED},
	    /* valid for ten years */
	    {"{" ISS "\"aud\":\"echostream\",\"sub\":\"b\",\"iat\":1700000000,"
	     "\"exp\":2015360000}",
		ES_OK},
	};
	struct issuer_claims c;

	open_issuer();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		CU_ASSERT_EQUAL(verify(issuer_sign(mem, TOKEN_EDDSA, signers[TOKEN_EDDSA],
					   head_of(TOKEN_EDDSA, "ed"), rows[i].body),
				    &c),
		    rows[i].code);
	issuer_free(&issuer);
}

/* The issuer ignores a row whose key does not fit the row's algorithm. */
static void
ignores_rows_with_a_wrong_key(void)
{
	const char *pem = issuer_sign_pem(mem, signers[TOKEN_RS256]);
	const struct issuer_key bad[] = {
	    {.tenant = {ACME}, .kid = "k", .alg = "HS256", .public_key = pem},
	    {.tenant = {ACME}, .kid = "k", .alg = "ES256", .public_key = pem},
	    {.tenant = {ACME}, .kid = "k", .alg = "RS256", .secret_hex = SECRET_HEX},
	    {.tenant = {ACME}, .kid = "k", .alg = "none", .secret_hex = SECRET_HEX},
	    {.tenant = {ACME}, .kid = "k", .alg = "HS256", .secret_hex = "00"},
	    {.tenant = {ACME}, .kid = "k", .alg = "HS256", .secret_hex = SECRET_HEX "x"},
	    {.tenant = {ACME}, .kid = "k", .alg = "RS256", .jwks = "{}"},
	    {.tenant = {ACME}, .kid = "k", .alg = "RS256"},
	};
	struct issuer_claims c;

	for (size_t i = 0; i < ES_COUNT(bad); i++) {
		issuer = issuer_new("my-app", "echostream", &bad[i], 1);
		CU_ASSERT_EQUAL(
		    verify(token_forge(mem, head_of(TOKEN_HS256, "k"), BODY, SECRET, 256),
			&c),
		    ES_NOT_FOUND);
		issuer_free(&issuer);
	}
}

static void
names_the_issuer_of_a_token(void)
{
	struct issuer_hint hint;
	struct es_err err;

	CU_ASSERT_EQUAL_FATAL(
	    issuer_peek(token_forge(mem, head_of(TOKEN_HS256, "x"), BODY, "guess", 256),
		mem, &hint, &err),
	    ES_OK);
	CU_ASSERT_STRING_EQUAL(hint.iss, "my-app");
	CU_ASSERT_STRING_EQUAL(hint.tenant.text, ACME);
	CU_ASSERT_EQUAL(issuer_peek("rubbish", mem, &hint, &err), ES_UNAUTHENTICATED);
}

static void
makes_a_users_profile_from_claims(void)
{
	static const struct {
		const char *claim, *name;
	} names[] = {
	    {"Bob", "Bob"},
	    {"  Bob\t\n ", "Bob"},
	    {"\xe2\x80\xae"
	     "Bob",
		"Bob"},
	    /* the ends of the ranges of bidirectional controls, and their neighbours */
	    {"\xe2\x80\xaa\xe2\x80\xae\xe2\x81\xa6\xe2\x81\xa9", "sub"},
	    {"\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa",
		"\xe2\x80\xa9\xe2\x80\xaf\xe2\x81\xa5\xe2\x81\xaa"},
	    {"\xc2\x80\xc2\x9f", "sub"},
	    {"\xc2\xa0", "\xc2\xa0"},
	    {"", "sub"},
	    {NULL, "sub"},
	    {"\x01\x7f", "sub"},
	};
	static const char *const no_address[] = {
	    "", "x", "@x", "x@", "a b@x.test", "a@b@c", "a\x7f@x.test"};
	char *longest = arena_alloc(mem, 4 * 201 + 1);

	for (size_t i = 0; i < ES_COUNT(names); i++)
		CU_ASSERT_STRING_EQUAL(
		    issuer_profile_name(names[i].claim, "sub", mem), names[i].name);
	memset(longest, 'x', 201);
	longest[201] = '\0';
	CU_ASSERT_EQUAL(strlen(issuer_profile_name(longest, "sub", mem)), 200);
	for (size_t i = 0; i < ES_COUNT(no_address); i++)
		CU_ASSERT_PTR_NULL(issuer_profile_email(no_address[i]));
	CU_ASSERT_PTR_NULL(issuer_profile_email(NULL));
	CU_ASSERT_STRING_EQUAL(issuer_profile_email("a@x.test"), "a@x.test");
}

static CU_TestInfo cases[] = {
    {"accepts each algorithm", accepts_each_algorithm},
    {"never takes the algorithm from the token",
	never_takes_the_algorithm_from_the_token},
    {"requires a known kid when there are several keys",
	requires_a_known_kid_when_there_are_several_keys},
    {"refuses bad claims", refuses_bad_claims},
    {"ignores rows with a wrong key", ignores_rows_with_a_wrong_key},
    {"names the issuer of a token", names_the_issuer_of_a_token},
    {"makes a user's profile from claims", makes_a_users_profile_from_claims},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("auth/issuer", cases, make_keys, drop_keys)
