/* The keys of the installation during a change of keys. */
#include "cunit_main.h"

#include <string.h>

#include "auth/token_keyring.h"
#include "core/check.h"
#include "token_data.h"
#include "token_forge.h"

#include "core/banned.h"

#define OLD_SECRET   "the old secret, also of more than 32 characters"
#define OTHER_SECRET "a third secret that is in no setting at all, ok"
#define BODY \
	"{\"iss\":\"echostream\",\"aud\":\"echostream\"," \
	"\"sub\":\"01900000-0000-7000-8000-00000000a001\"," \
	"\"tid\":\"01900000-0000-7000-8000-000000000001\"," \
	"\"iat\":1700000000,\"exp\":1700003600}"

static struct conf_auth
settings(const char *kid, const char *kid_old, const char *secret_old)
{
	return (struct conf_auth){
	    .jwt_secret = TEST_SECRET,
	    .jwt_kid = kid,
	    .jwt_secret_old = secret_old,
	    .jwt_kid_old = kid_old,
	    .jwt_es256_public_key = TEST_ES256_PUBLIC,
	    .jwt_es256_kid = "es2",
	    .jwt_es256_public_key_old = "",
	    .jwt_es256_kid_old = "es1",
	    .jwt_issuer = "echostream",
	    .jwt_audience = "echostream",
	    .jwt_leeway_s = 30,
	};
}

static enum es_code
verify(const struct conf_auth *conf, const char *jwt)
{
	struct token_keyring *ring = NULL;
	struct token_claims claims;
	struct es_err err;
	enum es_code rc;

	CU_ASSERT_EQUAL_FATAL(token_keyring_new(conf, &ring, &err), ES_OK);
	rc = token_verify(token_keyring_rules(ring), jwt, TEST_NOW_S, &claims, &err);
	token_keyring_free(&ring);
	return rc;
}

static enum es_code
verify_hs256(const struct conf_auth *conf, const char *kid, const char *secret)
{
	struct arena *a = arena_new();
	const char *head =
	    kid == NULL ? "{\"alg\":\"HS256\"}"
			: arena_printf(a, "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid);
	const enum es_code rc = verify(conf, token_forge(a, head, BODY, secret, 256));

	arena_free(&a);
	return rc;
}

/* Verifies tokens while two secrets are valid, and after the old secret is removed. Each
 * secret has its own kid. */
static void
an_old_secret_works_until_it_is_removed(void)
{
	const struct conf_auth during = settings("hs2", "hs1", OLD_SECRET);
	const struct conf_auth after = settings("hs2", "hs1", "");

	CU_ASSERT_EQUAL(verify_hs256(&during, "hs1", OLD_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&during, "hs2", TEST_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&during, NULL, OLD_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&during, NULL, TEST_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&during, "hs1", TEST_SECRET), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify_hs256(&during, "hs2", OLD_SECRET), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify_hs256(&during, "hs2", OTHER_SECRET), ES_UNAUTHENTICATED);

	CU_ASSERT_EQUAL(verify_hs256(&after, "hs2", TEST_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&after, "hs1", OLD_SECRET), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(verify_hs256(&after, NULL, OLD_SECRET), ES_UNAUTHENTICATED);
}

/* A secret can be changed without a change of its kid. */
static void
both_secrets_may_share_a_kid(void)
{
	const struct conf_auth conf = settings("hs1", "hs1", OLD_SECRET);

	CU_ASSERT_EQUAL(verify_hs256(&conf, "hs1", OLD_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&conf, "hs1", TEST_SECRET), ES_OK);
	CU_ASSERT_EQUAL(verify_hs256(&conf, "hs1", OTHER_SECRET), ES_UNAUTHENTICATED);
	CU_ASSERT_EQUAL(
	    verify_hs256(&conf, "es2", TEST_ES256_PUBLIC), ES_UNAUTHENTICATED);
}

/* TEST_ES256_TOKEN has the kid es1. */
static void
an_old_public_key_works_until_it_is_removed(void)
{
	struct conf_auth conf = settings("hs1", "hs1", "");

	CU_ASSERT_EQUAL(verify(&conf, TEST_ES256_TOKEN), ES_UNAUTHENTICATED);
	conf.jwt_es256_public_key_old = TEST_ES256_PUBLIC;
	CU_ASSERT_EQUAL(verify(&conf, TEST_ES256_TOKEN), ES_OK);
	conf.jwt_es256_public_key = "";
	CU_ASSERT_EQUAL(verify(&conf, TEST_ES256_TOKEN), ES_OK);
}

static void
refuses_invalid_keys(void)
{
	struct conf_auth conf = settings("hs1", "hs1", "");
	struct token_keyring *ring = NULL;
	struct es_err err;

	conf.jwt_es256_public_key_old = TEST_SECRET;
	CU_ASSERT_EQUAL(token_keyring_new(&conf, &ring, &err), ES_INVALID);
	CU_ASSERT_PTR_NULL(ring);
	CU_ASSERT_EQUAL(
	    conf_check_secret("0123456789012345678901234567890", NULL, &err), ES_INVALID);
	CU_ASSERT_EQUAL(
	    conf_check_secret("01234567890123456789012345678901", NULL, &err), ES_OK);
}

/* Programs change their keys one after the other. A program that still signs with the old
 * key accepts the minter's tokens if its jwt_secret_old is the minter's key. */
static void
mints_with_the_current_key(void)
{
	const struct conf_auth minter = settings("hs2", "hs1", OLD_SECRET);
	struct conf_auth unchanged = settings("hs1", "hs2", TEST_SECRET);
	struct tenant_id tenant = {"01900000-0000-7000-8000-000000000001"};
	struct user_id user = {"01900000-0000-7000-8000-00000000a001"};
	struct token_keyring *ring = NULL;
	struct arena *a = arena_new();
	const char *jwt;
	struct es_err err;

	unchanged.jwt_secret = OLD_SECRET;
	CU_ASSERT_EQUAL_FATAL(token_keyring_new(&minter, &ring, &err), ES_OK);
	CU_ASSERT_EQUAL_FATAL(token_mint(token_keyring_rules(ring), &tenant, &user,
				  TEST_NOW_S, 60, a, &jwt, &err),
	    ES_OK);
	CU_ASSERT_EQUAL(verify(&unchanged, jwt), ES_OK);
	unchanged.jwt_secret_old = "";
	CU_ASSERT_EQUAL(verify(&unchanged, jwt), ES_UNAUTHENTICATED);
	token_keyring_free(&ring);
	arena_free(&a);
}

static CU_TestInfo cases[] = {
    {"an old secret works until it is removed", an_old_secret_works_until_it_is_removed},
    {"both secrets may share a kid", both_secrets_may_share_a_kid},
    {"an old public key works until it is removed",
	an_old_public_key_works_until_it_is_removed},
    {"refuses invalid keys", refuses_invalid_keys},
    {"mints with the current key", mints_with_the_current_key},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("auth/token_keyring", cases)
