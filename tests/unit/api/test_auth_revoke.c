/* POST /auth/revoke: the tokens that it revokes, how long a revocation is kept, the
 * answer, and the hints to push-servers. */
#include <stdio.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define CHARGED   "call_limit_charge(user-auth 300)"
#define JTI_CALL  CHARGED "; token_store_revoke_jti("
#define END       "\"expiresAt\":\"2026-01-02T03:03:04Z\""
#define END_SAID  "\"expiresAt\":\"2026-01-02T03:03:04.000Z\"}"
#define TENANT_OF "; announce_acl(0001 "
#define JTI_63    "123456789012345678901234567890123456789012345678901234567890123"

static void
begin(void)
{
	rig_begin();
	rig.conf.revoked_tokens = 7;
	rig.conf.auth.jwt_leeway_s = 5;
}

static void
all_tokens_of_a_user_are_revoked(void)
{
	static const struct rig_row rows[] = {
	    {"a user's tokens", auth_revoke, .body = "{\"userId\":\"" RIG_BOB "\"}",
		.status = 200,
		.calls = CHARGED "; token_store_revoke_user(a002)" TENANT_OF
				 "user=a002 jti=- version=9)",
		.says = "{\"userId\":\"" RIG_BOB "\",\"tokensValidAfter\":\"" RIG_TIME
			"\",\"nextIat\":1767322990}"},
	};
	const int64_t before_ms = clock_wall_ms();

	begin();
	RIG_ROWS(rows);
	CU_ASSERT(rig.asked_ms >= before_ms && rig.asked_ms <= clock_wall_ms());
	RIG_FAILURES(rows);
	rig_end();
}

#define OF_ALICE(jti) \
	JTI_CALL jti " of a001 max=7)" TENANT_OF "user=a001 jti=- version=9)"
#define OF_BOB  JTI_CALL "x of a002 max=7)" TENANT_OF "user=a002 jti=- version=9)"
#define OF_ALL  JTI_CALL "x of - max=100000)" TENANT_OF "user=- jti=x version=9)"
#define OWN     "{\"jti\":\"j-1\"," END "}"
#define OTHER   "{\"jti\":\"x\"," END "}"
#define OF_USER "{\"jti\":\"x\",\"userId\":\"" RIG_BOB "\"," END "}"

static void
the_role_decides_whose_jti_is_revoked(void)
{
	static const struct rig_row rows[] = {
	    {"a member's own", auth_revoke, .body = OWN, .status = 200,
		.calls = OF_ALICE("j-1"),
		.says = "{\"jti\":\"j-1\",\"userId\":\"" RIG_ALICE "\"," END_SAID},
	    {"a member: another jti of its own", auth_revoke, .body = OTHER,
		.status = 200, .calls = OF_ALICE("x")},
	    {"a guest's own", auth_revoke, "guest", .body = OWN, .status = 200,
		.calls = OF_ALICE("j-1")},
	    {"an admin's own", auth_revoke, "admin", .body = OWN, .status = 200,
		.calls = OF_ALICE("j-1")},
	    {"an admin: a jti of any user", auth_revoke, "admin", .body = OTHER,
		.status = 200, .calls = OF_ALL,
		.says = "{\"jti\":\"x\",\"userId\":null," END_SAID},
	    {"an owner: a jti of any user", auth_revoke, "owner", .body = OTHER,
		.status = 200, .calls = OF_ALL},
	    {"an owner: a jti of one user", auth_revoke, "owner", .body = OF_USER,
		.status = 200, .calls = OF_BOB,
		.says = "{\"jti\":\"x\",\"userId\":\"" RIG_BOB "\"," END_SAID},
	    {"a member: a jti of another user", auth_revoke, .body = OF_USER,
		.status = 200, .calls = OF_BOB},
	    {"the longest jti", auth_revoke, .body = "{\"jti\":\"" JTI_63 "\"}",
		.status = 200, .calls = OF_ALICE(JTI_63)},
	};

	begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
refused(void)
{
	static const struct rig_row rows[] = {
	    {"neither a user nor a jti", auth_revoke, .body = "{}", .rc = ES_INVALID,
		.field = "userId", .calls = CHARGED},
	    {"an expiry without a jti", auth_revoke,
		.body = "{\"userId\":\"" RIG_BOB "\"," END "}", .rc = ES_INVALID,
		.field = "expiresAt", .calls = CHARGED},
	    {"a malformed user", auth_revoke, .body = "{\"userId\":\"bob\"}",
		.rc = ES_NOT_FOUND, .calls = CHARGED},
	    {"an empty jti", auth_revoke, .body = "{\"jti\":\"\"}", .rc = ES_INVALID,
		.field = "jti", .calls = CHARGED},
	    {"a jti that is too long", auth_revoke, .body = "{\"jti\":\"" JTI_63 "4\"}",
		.rc = ES_INVALID, .field = "jti", .calls = CHARGED},
	    {"an expiry that is not a time", auth_revoke,
		.body = "{\"jti\":\"x\",\"expiresAt\":\"soon\"}", .rc = ES_INVALID,
		.field = "expiresAt", .calls = CHARGED},
	    {"no body", auth_revoke, .rc = ES_BAD_REQUEST, .calls = CHARGED},
	};

	begin();
	RIG_ROWS(rows);
	rig_end();
}

/* Revokes a jti. The request's expiry is ahead_ms from now; -1: the request has no
 * expiry. Sets *out_ms to the expiry that the store gets, in ms from now. */
static enum es_code
end_of(int64_t ahead_ms, int64_t *out_ms)
{
	struct rig_row row = {.handler = auth_revoke, .body = "{\"jti\":\"x\"}"};
	const int64_t now_ms = clock_wall_ms();
	char end[ES_TIME_TEXT], body[128];
	enum es_code rc;

	if (ahead_ms >= 0) {
		clock_format(now_ms + ahead_ms, end);
		(void)snprintf(
		    body, sizeof(body), "{\"jti\":\"x\",\"expiresAt\":\"%s\"}", end);
		row.body = body;
	}
	rc = rig_call(&row);
	*out_ms = rig.asked_ms - now_ms;
	return rc;
}

static void
time_kept(void)
{
	const int64_t year_ms = INT64_C(31536000) * 1000, slack_ms = 10000;
	int64_t end_ms;

	begin();
	CU_ASSERT_EQUAL(end_of(-1, &end_ms), ES_OK);
	CU_ASSERT(end_ms >= year_ms && end_ms < year_ms + slack_ms);
	CU_ASSERT_EQUAL(end_of(10 * year_ms, &end_ms), ES_OK);
	CU_ASSERT_EQUAL(end_ms, 10 * year_ms);
	CU_ASSERT_EQUAL(end_of(10 * year_ms + slack_ms, &end_ms), ES_INVALID);
	CU_ASSERT_STRING_EQUAL(rig.err.field, "expiresAt");
	CU_ASSERT_STRING_EQUAL(rig.calls.data, CHARGED);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"all tokens of a user are revoked", all_tokens_of_a_user_are_revoked},
    {"the role decides whose jti is revoked", the_role_decides_whose_jti_is_revoked},
    {"bad requests are refused", refused},
    {"the time for which a revocation is kept", time_kept},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/auth_revoke", cases)
