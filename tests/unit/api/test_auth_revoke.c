/* The tokens that a call of /auth/revoke ends, and the hints to push-servers. The store
 * is a fake. */
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "env/announce.h"
#include "guard/call_limit.h"
#include "handlers/handlers.h"
#include "store/token_store.h"

#include "core/banned.h"

#define TENANT "01900000-0000-7000-8000-000000000001"
#define ALICE  "01900000-0000-7000-8000-00000000a001"
#define BOB    "01900000-0000-7000-8000-00000000a002"
#define MINE   "jti-of-the-caller"

static const struct api_conf conf = {.auth_rate = 300, .revoked_tokens = 7};
static struct control told;
static unsigned n_told;
static struct user_id revoked_user;
static struct token_jti revoked_jti;
static char revoked_whose[ES_UUID_TEXT];
static enum es_code store_says, limit_says;
static const char *role;
static struct arena *mem;
static struct es_err fault;

void
announce_acl(struct api *api, const struct http_req *req, const struct control *change)
{
	(void)api, (void)req;
	told = *change;
	n_told++;
}

enum es_code
call_limit_charge(struct api *api, const struct http_req *req, const char *policy,
    int64_t per_minute, struct http_res *res, struct es_err *err)
{
	(void)api, (void)req, (void)res;
	CU_ASSERT_STRING_EQUAL(policy, "user-auth");
	CU_ASSERT_EQUAL(per_minute, 300);
	return limit_says == ES_OK ? ES_OK : es_fail(err, limit_says, "limit");
}

enum es_code
token_store_revoke_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err)
{
	(void)pg, (void)who, (void)now_ms, (void)a;
	revoked_user = *user;
	*out = (struct token_revocation){.valid_after_ms = 1, .acl_version = 9};
	return store_says == ES_OK ? ES_OK : es_fail(err, store_says, "refused");
}

enum es_code
token_store_revoke_jti(struct pg *pg, const struct actor *who, const struct token_jti *in,
    struct arena *a, struct token_revocation *out, struct es_err *err)
{
	(void)pg, (void)who, (void)a;
	revoked_jti = *in;
	revoked_whose[0] = '\0';
	if (in->user != NULL)
		memcpy(revoked_whose, in->user->text, sizeof(revoked_whose));
	*out = (struct token_revocation){.acl_version = 9};
	return store_says == ES_OK ? ES_OK : es_fail(err, store_says, "refused");
}

/* The handler of /users/{userId}/tokens needs this to link; the test does not call it. */
enum es_code
token_store_issue_s(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, int64_t *out, struct es_err *err)
{
	(void)pg, (void)tenant, (void)user, (void)a, (void)out;
	return es_fail(err, ES_INTERNAL, "not here");
}

static enum es_code
call(const char *json)
{
	const struct http_req req = {.arena = mem,
	    .body = json,
	    .body_len = strlen(json),
	    .claims = {.jti = MINE},
	    .headers = {.content_type = "application/json"},
	    .who = {.actor = {.tenant = {TENANT}, .user = {ALICE}, .role = role}}};
	struct api api = {.conf = &conf};
	struct http_res res;

	n_told = 0;
	revoked_user = (struct user_id){""};
	revoked_jti = (struct token_jti){0};
	http_res_init(&res, mem);
	return auth_revoke(&api, &req, &res, &fault);
}

static void
begin(void)
{
	mem = arena_new();
	store_says = limit_says = ES_OK;
	role = "member";
}

static void
a_users_tokens(void)
{
	begin();
	CU_ASSERT_EQUAL(call("{\"userId\":\"" BOB "\"}"), ES_OK);
	CU_ASSERT_STRING_EQUAL(revoked_user.text, BOB);
	CU_ASSERT_PTR_NULL(revoked_jti.jti);
	CU_ASSERT_EQUAL(n_told, 1);
	CU_ASSERT_STRING_EQUAL(told.tenant.text, TENANT);
	CU_ASSERT_TRUE(told.names_user);
	CU_ASSERT_STRING_EQUAL(told.user.text, BOB);
	CU_ASSERT_EQUAL(told.acl_version, 9);
	store_says = ES_FORBIDDEN;
	CU_ASSERT_EQUAL(call("{\"userId\":\"" BOB "\"}"), ES_FORBIDDEN);
	CU_ASSERT_EQUAL(n_told, 0);
	arena_free(&mem);
}

static void
whose_jti(void)
{
	static const struct {
		const char *role, *json, *whose;
		int64_t max;
	} rows[] = {
	    {"member", "{\"jti\":\"x\"}", ALICE, 7},
	    {"guest", "{\"jti\":\"" MINE "\"}", ALICE, 7},
	    {"admin", "{\"jti\":\"" MINE "\"}", ALICE, 7},
	    {"admin", "{\"jti\":\"x\"}", "", TOKEN_STORE_TENANT_MAX},
	    {"owner", "{\"jti\":\"x\"}", "", TOKEN_STORE_TENANT_MAX},
	    {"owner", "{\"jti\":\"x\",\"userId\":\"" BOB "\"}", BOB, 7},
	    {"member", "{\"jti\":\"x\",\"userId\":\"" BOB "\"}", BOB, 7},
	};

	begin();
	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		role = rows[i].role;
		CU_ASSERT_EQUAL(call(rows[i].json), ES_OK);
		CU_ASSERT_STRING_EQUAL(revoked_whose, rows[i].whose);
		CU_ASSERT_EQUAL(revoked_jti.max, rows[i].max);
		CU_ASSERT_STRING_EQUAL(revoked_user.text, "");
		CU_ASSERT_EQUAL(n_told, 1);
		CU_ASSERT_EQUAL(told.names_user, rows[i].whose[0] != '\0');
		CU_ASSERT_STRING_EQUAL(told.jti, told.names_user ? "" : "x");
		CU_ASSERT_EQUAL(told.acl_version, 9);
	}
	arena_free(&mem);
}

static void
until_when(void)
{
	const int64_t year_ms = INT64_C(31536000) * 1000, now_ms = clock_wall_ms();

	begin();
	CU_ASSERT_EQUAL(call("{\"jti\":\"x\"}"), ES_OK);
	CU_ASSERT_TRUE(revoked_jti.expires_ms >= now_ms + year_ms);
	CU_ASSERT_EQUAL(
	    call("{\"jti\":\"x\",\"expiresAt\":\"1970-01-01T00:00:09Z\"}"), ES_OK);
	CU_ASSERT_EQUAL(revoked_jti.expires_ms, 9000);
	CU_ASSERT_EQUAL(
	    call("{\"jti\":\"x\",\"expiresAt\":\"9999-01-01T00:00:00Z\"}"), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(fault.field, "expiresAt");
	CU_ASSERT_EQUAL(n_told, 0);
	arena_free(&mem);
}

static void
too_many_calls(void)
{
	begin();
	limit_says = ES_RATE_LIMITED;
	CU_ASSERT_EQUAL(call("{\"userId\":\"" BOB "\"}"), ES_RATE_LIMITED);
	CU_ASSERT_STRING_EQUAL(revoked_user.text, "");
	CU_ASSERT_EQUAL(n_told, 0);
	arena_free(&mem);
}

static CU_TestInfo cases[] = {
    {"a hint about a user's tokens names the user", a_users_tokens},
    {"the user of a jti", whose_jti},
    {"the time for which a revocation is kept", until_when},
    {"too many calls", too_many_calls},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/auth_revoke", cases)
