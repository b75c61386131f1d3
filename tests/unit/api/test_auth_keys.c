/* The keys of a tenant's own issuers: their checks, and no secret in an answer. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define ISSUER "https://id.example.test"
/* The members that every key has. */
#define KEY(alg, rest) \
	"{\"kid\":\"k1\",\"alg\":\"" alg "\",\"issuer\":\"" ISSUER "\"," rest "}"
#define SHAPE \
	"{\"kid\":\"k1\",\"alg\":\"HS256\",\"issuer\":\"" ISSUER "\",\"audience\":null," \
	"\"publicKey\":null,\"jwksUrl\":null,\"jwksError\":null,\"jwksFetchedAt\":null," \
	"\"provision\":true,\"allowOwners\":false,\"createdAt\":\"" RIG_TIME "\"}"
#define LOCATION "/api/v1/auth-keys/k1"
#define URL      "https://id.example.test/jwks"
#define PEM \
	"-----BEGIN PUBLIC KEY-----\\n" \
	"MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\\n" \
	"-----END PUBLIC KEY-----\\n"

static void
begin(void)
{
	rig_begin();
	rig.conf.auth.jwt_issuer = "echostream";
}

static const struct rig_row made[] = {
    {"a secret", auth_keys_create, "owner",
	.body = KEY("HS256", "\"secret\":\"" SECRET "\""), .status = 201,
	.calls = "auth_key_store_create(k1 HS256 " ISSUER
		 " aud=- secret=32 pem=0 url=- jwks=- provision=false owners=false)",
	.says = SHAPE, .location = LOCATION},
    {"all members", auth_keys_create, "owner",
	.body = KEY("HS256",
	    "\"secret\":\"" SECRET "\",\"audience\":\"app\",\"provision\":true,"
	    "\"allowOwners\":true"),
	.status = 201,
	.calls = "auth_key_store_create(k1 HS256 " ISSUER
		 " aud=app secret=32 pem=0 url=- jwks=- provision=true owners=true)",
	.location = LOCATION},
    {"provision without owners", auth_keys_create, "owner",
	.body = KEY("HS256", "\"secret\":\"" SECRET "\",\"provision\":true"),
	.status = 201,
	.calls = "auth_key_store_create(k1 HS256 " ISSUER
		 " aud=- secret=32 pem=0 url=- jwks=- provision=true owners=false)",
	.location = LOCATION},
    {"a public key", auth_keys_create, "owner",
	.body = KEY("EdDSA", "\"publicKey\":\"" PEM "\""), .status = 201,
	.calls = "auth_key_store_create(k1 EdDSA " ISSUER
		 " aud=- secret=0 pem=113 url=- jwks=- provision=false owners=false)",
	.location = LOCATION},
    {"a key set", auth_keys_create, "owner",
	.body = KEY("RS256", "\"jwksUrl\":\"" URL "\""), .status = 201,
	.calls = "jwks_fetch(" URL " RS256); auth_key_store_create(k1 RS256 " ISSUER
		 " aud=- secret=0 pem=0 url=" URL
		 " jwks=a-key-set provision=false owners=false)",
	.location = LOCATION},
};

static void
created(void)
{
	begin();
	RIG_ROWS(made);
	RIG_FAILURES(made);
	CU_ASSERT_FALSE(rig_body_contains(SECRET));
	rig_end();
}

#define REFUSED(about_, body_, field_) \
	{ \
		.about = (about_), .handler = auth_keys_create, .role = "owner", \
		.body = (body_), .rc = ES_INVALID, .field = (field_) \
	}
static const struct rig_row refused[] = {
    REFUSED("no form of key", KEY("HS256", "\"audience\":\"a\""), "secret"),
    REFUSED("a secret of 31 bytes",
	KEY("HS256", "\"secret\":\"0123456789abcdef0123456789abcde\""), "secret"),
    REFUSED("a secret and a key set",
	KEY("HS256", "\"secret\":\"" SECRET "\",\"jwksUrl\":\"" URL "\""), "secret"),
    REFUSED("a secret and a public key",
	KEY("HS256", "\"secret\":\"" SECRET "\",\"publicKey\":\"" PEM "\""), "secret"),
    REFUSED(
	"a public key for HS256", KEY("HS256", "\"publicKey\":\"" PEM "\""), "secret"),
    REFUSED("a secret for RS256", KEY("RS256", "\"secret\":\"" SECRET "\""), "secret"),
    REFUSED("a secret and a key set for RS256",
	KEY("RS256", "\"secret\":\"" SECRET "\",\"jwksUrl\":\"" URL "\""), "secret"),
    REFUSED("no key for RS256", KEY("RS256", "\"audience\":\"a\""), "publicKey"),
    REFUSED("two keys for RS256",
	KEY("RS256", "\"publicKey\":\"" PEM "\",\"jwksUrl\":\"" URL "\""), "publicKey"),
    REFUSED("no PEM", KEY("ES256", "\"publicKey\":\"x\""), "publicKey"),
    REFUSED("a key of another algorithm", KEY("RS256", "\"publicKey\":\"" PEM "\""),
	"publicKey"),
    REFUSED("an unknown algorithm", KEY("none", "\"secret\":\"" SECRET "\""), "alg"),
    REFUSED("the installation's issuer",
	"{\"kid\":\"k1\",\"alg\":\"HS256\",\"issuer\":\"echostream\",\"secret\":\"" SECRET
	"\"}",
	"issuer"),
    REFUSED("no algorithm",
	"{\"kid\":\"k1\",\"issuer\":\"" ISSUER "\",\"secret\":\"" SECRET "\"}", "alg"),
    REFUSED("no issuer", "{\"kid\":\"k1\",\"alg\":\"HS256\",\"secret\":\"" SECRET "\"}",
	"issuer"),
    REFUSED("no kid",
	"{\"alg\":\"HS256\",\"issuer\":\"" ISSUER "\",\"secret\":\"" SECRET "\"}", "kid"),
};

static void
bad_keys(void)
{
	begin();
	RIG_ROWS(refused);
	rig_end();
}

/* A kid must be usable as a part of a path. */
static void
a_kid_can_stand_in_a_path(void)
{
	static const struct {
		const char *kid;
		enum es_code rc;
	} rows[] = {
	    {"azAZ09-._~:@=+", ES_OK},
	    {"...", ES_OK},
	    {".", ES_INVALID},
	    {"..", ES_INVALID},
	    {"a/b", ES_INVALID},
	    {"a b", ES_INVALID},
	    {"a%2f", ES_INVALID},
	    {"k\xc3\xa9", ES_INVALID},
	};

	begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char body[256];
		const struct rig_row row = {.handler = auth_keys_create, .body = body};

		(void)snprintf(body, sizeof(body),
		    "{\"kid\":\"%s\",\"alg\":\"HS256\",\"issuer\":\"" ISSUER
		    "\",\"secret\":\"" SECRET "\"}",
		    rows[i].kid);
		CU_ASSERT_EQUAL(rig_call(&row), rows[i].rc);
		if (rows[i].rc != ES_OK)
			CU_ASSERT_STRING_EQUAL(rig.err.field, "kid");
	}
	rig_end();
}

static void
each_text_has_a_maximum_length(void)
{
	static const struct {
		const char *field, *others;
		size_t max;
	} rows[] = {
	    {"kid", "\"alg\":\"HS256\",\"issuer\":\"i\",\"secret\":\"" SECRET "\"", 128},
	    {"issuer", "\"kid\":\"k\",\"alg\":\"HS256\",\"secret\":\"" SECRET "\"", 512},
	    {"audience",
		"\"kid\":\"k\",\"alg\":\"HS256\",\"issuer\":\"i\",\"secret\":\"" SECRET
		"\"",
		512},
	    {"secret", "\"kid\":\"k\",\"alg\":\"HS256\",\"issuer\":\"i\"", 1024},
	    {"jwksUrl", "\"kid\":\"k\",\"alg\":\"RS256\",\"issuer\":\"i\"", 1000},
	};

	begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++)
		for (size_t over = 0; over < 2; over++) {
			char text[1100], body[1400];
			const struct rig_row row = {
			    .handler = auth_keys_create, .body = body};

			CU_ASSERT_FATAL(rows[i].max + over < sizeof(text));
			memset(text, 'x', rows[i].max + over);
			text[rows[i].max + over] = '\0';
			(void)snprintf(body, sizeof(body), "{%s,\"%s\":\"%s\"}",
			    rows[i].others, rows[i].field, text);
			CU_ASSERT_EQUAL(rig_call(&row), over ? ES_INVALID : ES_OK);
			if (over)
				CU_ASSERT_STRING_EQUAL(rig.err.field, rows[i].field);
		}
	rig_end();
}

static void
listed_and_deleted(void)
{
	static const struct rig_row rows[] = {
	    {"list", auth_keys_list, "owner", .status = 200,
		.calls = "auth_key_store_list(-)",
		.says = "{\"authKeys\":[" SHAPE "," SHAPE "]}"},
	    {"delete", auth_keys_delete, "owner", .params = {"k1"}, .status = 204,
		.calls = "auth_key_store_delete(k1); announce_acl(0001 user=- jti=- "
			 "version=9)"},
	};

	begin();
	rig.n_items = 2;
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
the_answer_shows_the_error_of_a_key_set(void)
{
	const struct rig_row row = {.handler = auth_keys_list};

	begin();
	rig.auth_key = (struct auth_key){.kid = "k2",
	    .alg = "RS256",
	    .issuer = ISSUER,
	    .audience = "app",
	    .public_key = "pem",
	    .jwks_url = URL,
	    .jwks_error = "no such host",
	    .created_ms = RIG_TIME_MS,
	    .jwks_fetched_ms = RIG_TIME_MS,
	    .owners = true};
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	CU_ASSERT_STRING_EQUAL(rig.res.body.data,
	    "{\"authKeys\":[{\"kid\":\"k2\",\"alg\":\"RS256\",\"issuer\":\"" ISSUER
	    "\",\"audience\":\"app\",\"publicKey\":\"pem\",\"jwksUrl\":\"" URL
	    "\",\"jwksError\":\"no such host\",\"jwksFetchedAt\":\"" RIG_TIME
	    "\",\"provision\":false,\"allowOwners\":true,\"createdAt\":\"" RIG_TIME
	    "\"}]}");
	rig_end();
}

static CU_TestInfo cases[] = {
    {"each form of key", created},
    {"bad keys are refused", bad_keys},
    {"a kid can stand in a path", a_kid_can_stand_in_a_path},
    {"each text has a maximum length", each_text_has_a_maximum_length},
    {"keys are listed and deleted", listed_and_deleted},
    {"the answer shows the error of a key set", the_answer_shows_the_error_of_a_key_set},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/auth_keys", cases)
