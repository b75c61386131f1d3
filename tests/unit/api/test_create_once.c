/* A POST with an Idempotency-Key, on the handlers that make something: a channel, a user,
 * a tenant. */
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define CLAIM    "idempotency_store_claim(0001 a001 channels key-1)"
#define EXISTS   "; channel_store_exists(f001)"
#define GET      "; channel_store_get(f001)"
#define CREATE   "; channel_store_create(f001 name=n topic=- private=false policy=- max=0)"
#define LOCATION "/api/v1/channels/" RIG_CLAIMED

static const struct rig_row channel = {"a channel", channels_create,
    .body = "{\"name\":\"n\"}", .idempotency_key = "key-1", .status = 201,
    .calls = CLAIM CREATE, .location = LOCATION};

static struct rig_row
expecting(
    const struct rig_row *row, const char *about, enum es_code rc, const char *calls)
{
	struct rig_row with = *row;

	with.about = about;
	with.rc = rc;
	with.calls = calls;
	return with;
}

static void
run(const struct rig_row *row, const char *about, enum es_code rc, const char *calls)
{
	const struct rig_row with = expecting(row, about, rc, calls);

	rig_rows(&with, 1);
}

static void
run_replayed(const struct rig_row *row, const char *about, const char *calls)
{
	struct rig_row with = expecting(row, about, ES_OK, calls);

	with.replayed = true;
	rig_rows(&with, 1);
}

static void
fail(const char *name, enum es_code code)
{
	rig.fails = name;
	rig.failure = code;
}

static void
first_time(void)
{
	struct rig_row quoted = channel, malformed = channel;

	quoted.idempotency_key = "\"key-1\"";
	malformed.idempotency_key = "a key";
	malformed.field = ":Idempotency-Key";
	rig_begin();
	rig_rows(&channel, 1);
	rig_rows(&quoted, 1);
	run(&malformed, "a malformed key", ES_BAD_REQUEST, NULL);
	fail("idempotency_store_claim", ES_KEY_REUSED);
	run(&channel, "the key was used for another body", ES_KEY_REUSED, CLAIM);
	rig_end();
}

static void
a_channel_again(void)
{
	rig_begin();
	rig.again = rig.there = true;
	run_replayed(&channel, "the channel exists", CLAIM EXISTS GET);
	rig.there = false;
	run(&channel, "the first request created nothing", ES_OK, CLAIM EXISTS CREATE);
	rig.there = true;
	fail("channel_store_get", ES_NOT_FOUND);
	run(&channel, "the creator can't see the channel any more", ES_CONFLICT,
	    CLAIM EXISTS GET);
	CU_ASSERT_STRING_EQUAL(rig.err.field, ":Idempotency-Key");
	fail("channel_store_get", ES_UNAVAILABLE);
	run(&channel, "the database is away during the read", ES_UNAVAILABLE,
	    CLAIM EXISTS GET);
	fail("channel_store_exists", ES_UNAVAILABLE);
	run(&channel, "the database is away during the look-up", ES_UNAVAILABLE,
	    CLAIM EXISTS);
	rig_end();
}

/* Two requests have one key. The second one comes while the first creates the channel. */
static void
a_channel_at_the_same_time(void)
{
	struct rig_row bare = channel;

	bare.idempotency_key = NULL;
	rig_begin();
	fail("channel_store_create", ES_NAME_TAKEN);
	rig.there = true;
	run_replayed(&channel, "the other request has created the channel",
	    CLAIM CREATE EXISTS GET);
	rig.there = false;
	run(&channel, "a name that another user has taken", ES_NAME_TAKEN,
	    CLAIM CREATE EXISTS);
	CU_ASSERT_STRING_EQUAL(rig.err.text, "the fake refuses");
	/* When the creation and the look-up both fail, the answer has the error of the
	 * look-up. */
	rig.there = true;
	rig.fails_at = 3;
	fail("channel_store_create", ES_NOT_FOUND);
	run(&channel, "both calls fail", ES_CONFLICT, CLAIM CREATE EXISTS GET);
	CU_ASSERT_STRING_EQUAL(rig.err.field, ":Idempotency-Key");
	rig.fails_at = -1;
	fail("channel_store_create", ES_NAME_TAKEN);
	run(&bare, "without a key the handler looks nothing up", ES_NAME_TAKEN,
	    "channel_store_create(fresh name=n topic=- private=false policy=- max=0)");
	rig_end();
}

#define USER_CLAIM  "idempotency_store_claim(0001 a001 users key-1)"
#define USER_GET    "; user_store_get(f001)"
#define USER_CREATE "; user_store_create(f001 email=b@example.test name=Bob role=- ext=-)"

static const struct rig_row user = {"a user", users_create, "admin",
    .body = "{\"email\":\"b@example.test\",\"displayName\":\"Bob\"}",
    .idempotency_key = "key-1", .status = 201, .calls = USER_CLAIM USER_CREATE,
    .location = "/api/v1/users/" RIG_CLAIMED};

static void
a_user(void)
{
	struct rig_row bare = user;

	bare.idempotency_key = NULL;
	rig_begin();
	rig_rows(&user, 1);
	fail("user_store_create", ES_EMAIL_TAKEN);
	run_replayed(
	    &user, "another request has made it", USER_CLAIM USER_CREATE USER_GET);
	run(&bare, "without a key the handler looks nothing up", ES_EMAIL_TAKEN,
	    "user_store_create(fresh email=b@example.test name=Bob role=- ext=-)");
	fail("idempotency_store_claim", ES_KEY_REUSED);
	run(&user, "the key was used for another body", ES_KEY_REUSED, USER_CLAIM);
	rig.fails = NULL;
	rig.again = true;
	run_replayed(&user, "again", USER_CLAIM USER_GET);
	fail("user_store_get", ES_NOT_FOUND);
	run(&user, "the first request created nothing", ES_OK,
	    USER_CLAIM USER_GET USER_CREATE);
	rig_end();
}

#define TENANT_CLAIM "idempotency_store_claim(0000 ator tenants key-1)"
#define TENANT_FIND  "; tenant_store_get(f001); tenant_admin_first(f001)"
#define TENANT_CREATE \
	"; tenant_store_create(f001 name=Acme channels=-1 messages=-1 settings=- " \
	"email=a@example.test admin=Alice)"
#define ISSUE "; token_store_issue_s(f001 a001)"

/* The operator has neither tenant nor user. */
static enum es_code
create_tenant(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct http_req with = *req;

	with.who = (struct principal){.actor = {.role = ""}};
	return tenants_create(api, &with, res, err);
}

static const struct rig_row tenant = {"a tenant", create_tenant,
    .body = "{\"name\":\"Acme\",\"adminEmail\":\"a@example.test\","
	    "\"adminDisplayName\":\"Alice\"}",
    .idempotency_key = "key-1", .status = 201, .calls = TENANT_CLAIM TENANT_CREATE ISSUE,
    .location = "/api/v1/admin/tenants/" RIG_CLAIMED};

static void
a_tenant(void)
{
	static const struct token_key key = {.kid = "hs1",
	    .alg = TOKEN_HS256,
	    .verify = "0123456789abcdef0123456789abcdef"};

	rig_begin();
	rig.api.tokens = (struct token_rules){
	    .keys = &key, .n_keys = 1, .issuer = "echostream", .audience = "echostream"};
	rig_rows(&tenant, 1);
	fail("tenant_store_create", ES_CONFLICT);
	run_replayed(&tenant, "another request has made it",
	    TENANT_CLAIM TENANT_CREATE TENANT_FIND ISSUE);
	rig.again = true;
	run_replayed(&tenant, "again", TENANT_CLAIM TENANT_FIND ISSUE);
	fail("idempotency_store_claim", ES_KEY_REUSED);
	run(&tenant, "the key was used for another body", ES_KEY_REUSED, TENANT_CLAIM);
	fail("tenant_store_get", ES_NOT_FOUND);
	run(&tenant, "there is no tenant", ES_OK,
	    TENANT_CLAIM "; tenant_store_get(f001)" TENANT_CREATE ISSUE);
	fail("tenant_admin_first", ES_NOT_FOUND);
	run(&tenant, "the first request created nothing", ES_OK,
	    TENANT_CLAIM TENANT_FIND TENANT_CREATE ISSUE);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"the first request creates a channel", first_time},
    {"a repeat returns the channel", a_channel_again},
    {"two requests at the same time make one channel", a_channel_at_the_same_time},
    {"a repeat returns the user", a_user},
    {"a repeat of the operator returns the tenant", a_tenant},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/create_once", cases)
