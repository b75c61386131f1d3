/* Revocation of tokens: whose tokens a user may revoke, and from which time on they are
 * refused. */
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/principal_store.h"
#include "store/tenant_store.h"
#include "store/token_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

#define HOUR_MS INT64_C(3600000)
#define MANY    1000

static struct fixture f;
static struct token_revocation done;

static enum es_code
look_up(const struct actor *who, const char *jti, int64_t issued_s)
{
	struct principal p;

	return principal_store_get(
	    f.pg, &who->tenant, &who->user, jti, issued_s, f.arena, &p, &f.err);
}

static enum es_code
revoke_user(const struct actor *who, const struct actor *whose)
{
	return token_store_revoke_user(
	    f.pg, who, &whose->user, clock_wall_ms(), f.arena, &done, &f.err);
}

static enum es_code
revoke_jti(const struct actor *who, const char *jti, const struct actor *whose,
    int64_t in_ms, int64_t max)
{
	const struct token_jti in = {.jti = jti,
	    .user = whose != NULL ? &whose->user : NULL,
	    .expires_ms = clock_wall_ms() + in_ms,
	    .max = max};

	return token_store_revoke_jti(f.pg, who, &in, f.arena, &done, &f.err);
}

static int64_t
acl_version(void)
{
	struct tenant tenant;

	CU_ASSERT_EQUAL_FATAL(
	    tenant_store_get(f.pg, &f.owner.tenant, f.arena, &tenant, &f.err), ES_OK);
	return tenant.acl_version;
}

static void
set_valid_after(const struct actor *who, const char *ms)
{
	const char *const params[] = {who->tenant.text, who->user.text, ms};

	CU_ASSERT_EQUAL_FATAL(
	    fixture_number(&f, &who->tenant,
		"UPDATE users SET tokens_valid_after = to_timestamp($3::bigint / 1000.0)"
		" WHERE tenant_id = $1 AND id = $2 RETURNING 1",
		params, 3),
	    1);
}

static enum es_code
try_issue(const struct actor *whose, int64_t *out)
{
	return token_store_issue_s(
	    f.pg, &whose->tenant, &whose->user, f.arena, out, &f.err);
}

/* Returns the iat of a new token. After two revocations within 1 s the store refuses to
 * issue a token for up to 1 s. The function waits for the retry_after_ms of the refusal
 * and tries again. */
static int64_t
issue_s(const struct actor *whose)
{
	int64_t at_s = 0;
	enum es_code rc = try_issue(whose, &at_s);

	for (int i = 0; i < 3 && rc == ES_RATE_LIMITED; i++) {
		CU_ASSERT_TRUE(f.err.retry_after_ms > 0 && f.err.retry_after_ms <= 1000);
		clock_sleep_ms(f.err.retry_after_ms);
		rc = try_issue(whose, &at_s);
	}
	FINE(rc);
	return at_s;
}

/* The first time is the first millisecond of a second. The times are in the year 2096,
 * because the database accepts no time before its own clock. */
static void
a_revocation_ends_the_tokens_of_its_own_second(void)
{
	static const char *const at_ms[] = {
	    "4000000000000", "4000000010001", "4000000020500", "4000000030999"};
	const struct actor dave = fixture_user(&f, &f.owner, "dave", "member");
	int64_t ignored;

	for (size_t i = 0; i < ES_COUNT(at_ms); i++) {
		const int64_t at_s = 4000000000 + 10 * (int64_t)i;

		set_valid_after(&dave, at_ms[i]);
		REFUSED(f, look_up(&dave, "j", at_s - 1), ES_TOKEN_REVOKED, NULL);
		REFUSED(f, look_up(&dave, "j", at_s), ES_TOKEN_REVOKED, NULL);
		FINE(look_up(&dave, "j", at_s + 1));
		REFUSED(f, try_issue(&dave, &ignored), ES_RATE_LIMITED, NULL);
	}
	REFUSED(f,
	    token_store_issue_s(
		f.pg, &f.bob.tenant, &f.foreign.user, f.arena, &ignored, &f.err),
	    ES_NOT_FOUND, NULL);
}

/* Without a revocation, iat is the present time of the database's clock, in seconds. */
static void
mints_by_the_databases_clock(void)
{
	const struct actor ivy = fixture_user(&f, &f.owner, "ivy", "member");
	const int64_t before_s = clock_wall_ms() / 1000, at_s = issue_s(&ivy);

	CU_ASSERT_TRUE(at_s >= before_s && at_s <= clock_wall_ms() / 1000);
	FINE(look_up(&ivy, "j", at_s));
}

static void
revokes_all_tokens_issued_before_now(void)
{
	const struct actor erin = fixture_user(&f, &f.owner, "erin", "member");
	const int64_t version = acl_version(), before_s = issue_s(&erin);

	FINE(look_up(&erin, "j", before_s));
	FINE(revoke_user(&erin, &erin));
	CU_ASSERT_EQUAL(done.acl_version, version + 1);
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	CU_ASSERT_TRUE(done.valid_after_ms >= before_s * 1000);
	REFUSED(f, look_up(&erin, "j", before_s), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&erin, "j", issue_s(&erin)));
	FINE(look_up(&f.bob, "j", before_s)); /* tokens of other users stay valid */
}

/* Each revocation also covers the tokens that were issued after the previous one. A token
 * that is issued after a revocation is valid immediately. A deactivation revokes, too.
 * valid_after_ms is at most 1 s ahead of the clock, however many revocations there are. A
 * later time would lock the user out. */
static void
several_revocations_within_a_second(void)
{
	const struct actor judy = fixture_user(&f, &f.owner, "judy", "member");
	struct user user;
	int64_t minted_s;

	for (int i = 0; i < 50; i++) {
		FINE(revoke_user(&f.owner, &judy));
		CU_ASSERT_TRUE(done.valid_after_ms <= clock_wall_ms() + 1000);
	}
	for (int i = 0; i < 3; i++) {
		minted_s = issue_s(&judy);
		FINE(look_up(&judy, "j", minted_s));
		FINE(revoke_user(&f.owner, &judy));
		REFUSED(f, look_up(&judy, "j", minted_s), ES_TOKEN_REVOKED, NULL);
	}
	minted_s = issue_s(&judy);
	FINE(look_up(&judy, "j", minted_s));
	FINE(user_store_deactivate(f.pg, &f.owner, &judy.user, f.arena, &user, &f.err));
	FINE(user_store_reactivate(f.pg, &f.owner, &judy.user, f.arena, &user, &f.err));
	REFUSED(f, look_up(&judy, "j", minted_s), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&judy, "j", issue_s(&judy)));
}

static void
a_revocation_never_moves_back(void)
{
	const struct actor finn = fixture_user(&f, &f.owner, "finn", "member");
	const int64_t ahead_ms = clock_wall_ms() + HOUR_MS;

	FINE(token_store_revoke_user(
	    f.pg, &f.owner, &finn.user, ahead_ms, f.arena, &done, &f.err));
	CU_ASSERT_EQUAL(done.valid_after_ms, ahead_ms);
	FINE(revoke_user(&f.owner, &finn));
	CU_ASSERT_EQUAL(done.valid_after_ms, ahead_ms);
}

static void
refuses_callers_without_the_right(void)
{
	const int64_t version = acl_version();

	REFUSED(f, revoke_user(&f.bob, &f.carol), ES_FORBIDDEN, NULL);
	REFUSED(f, revoke_user(&f.guest, &f.carol), ES_FORBIDDEN, NULL);
	REFUSED(f, revoke_user(&f.admin, &f.owner), ES_FORBIDDEN, NULL);
	REFUSED(f, revoke_user(&f.owner, &f.foreign), ES_NOT_FOUND, NULL);
	REFUSED(f, revoke_jti(&f.bob, "x", &f.carol, HOUR_MS, MANY), ES_FORBIDDEN, NULL);
	REFUSED(f, revoke_jti(&f.bob, "x", NULL, HOUR_MS, MANY), ES_FORBIDDEN, NULL);
	REFUSED(
	    f, revoke_jti(&f.admin, "x", &f.owner, HOUR_MS, MANY), ES_FORBIDDEN, NULL);
	REFUSED(
	    f, revoke_jti(&f.owner, "x", &f.foreign, HOUR_MS, MANY), ES_NOT_FOUND, NULL);
	CU_ASSERT_EQUAL(acl_version(), version);
	FINE(look_up(&f.carol, "x", clock_wall_ms() / 1000));
	FINE(revoke_user(&f.guest, &f.guest));
	FINE(revoke_user(&f.admin, &f.guest));
	FINE(revoke_user(&f.owner, &f.owner));
}

static void
revokes_one_token_of_one_user(void)
{
	const int64_t now_s = clock_wall_ms() / 1000 + 2, version = acl_version();

	FINE(revoke_jti(&f.bob, "shared-jti", &f.bob, HOUR_MS, MANY));
	CU_ASSERT_EQUAL(done.acl_version, version + 1);
	REFUSED(f, look_up(&f.bob, "shared-jti", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&f.bob, "other-jti", now_s));
	/* A user can't revoke the token of another user by guessing its jti. */
	FINE(look_up(&f.carol, "shared-jti", now_s));
	FINE(look_up(&f.foreign, "shared-jti", now_s));
}

static void
revokes_one_token_of_any_user(void)
{
	const int64_t now_s = clock_wall_ms() / 1000 + 2;

	FINE(revoke_jti(&f.admin, "any", NULL, HOUR_MS, MANY));
	REFUSED(f, look_up(&f.bob, "any", now_s), ES_TOKEN_REVOKED, NULL);
	REFUSED(f, look_up(&f.admin, "any", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(
	    look_up(&f.owner, "any", now_s)); /* an admin can't revoke an owner's token */
	FINE(revoke_jti(&f.owner, "any", NULL, HOUR_MS, MANY));
	REFUSED(f, look_up(&f.owner, "any", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(revoke_jti(
	    &f.admin, "any", NULL, HOUR_MS, MANY)); /* does not undo the revocation */
	REFUSED(f, look_up(&f.owner, "any", now_s), ES_TOKEN_REVOKED, NULL);
}

static int64_t
kept_ms(const char *jti)
{
	const char *const params[] = {f.bob.tenant.text, f.bob.user.text, jti};

	return fixture_number(&f, &f.bob.tenant,
	    "SELECT es_ms(expires_at) FROM revoked_tokens"
	    " WHERE tenant_id = $1 AND user_id = $2 AND jti = $3",
	    params, 3);
}

static void
a_revocation_is_kept_for_as_long_as_the_token_is_valid(void)
{
	const int64_t now_ms = clock_wall_ms();
	int64_t first;

	FINE(revoke_jti(&f.bob, "kept", &f.bob, HOUR_MS, MANY));
	first = kept_ms("kept");
	CU_ASSERT_TRUE(first >= now_ms + HOUR_MS + TOKEN_STORE_KEEP_S * 1000);
	/* the expiry is never moved to an earlier time */
	FINE(revoke_jti(&f.bob, "kept", &f.bob, 1000, MANY));
	CU_ASSERT_EQUAL(kept_ms("kept"), first);
	FINE(revoke_jti(&f.bob, "kept", &f.bob, 2 * HOUR_MS, MANY));
	CU_ASSERT_TRUE(kept_ms("kept") > first);
}

static void
a_user_has_a_limited_number_of_revoked_tokens(void)
{
	const struct actor hal = fixture_user(&f, &f.owner, "hal", "member");

	FINE(revoke_jti(&hal, "one", &hal, HOUR_MS, 2));
	FINE(revoke_jti(&hal, "two", &hal, HOUR_MS, 2));
	REFUSED(f, revoke_jti(&hal, "three", &hal, HOUR_MS, 2), ES_QUOTA_EXCEEDED, NULL);
	FINE(revoke_jti(&hal, "two", &hal, HOUR_MS, 2)); /* is revoked already */
	FINE(look_up(&hal, "three", clock_wall_ms() / 1000 + 2));
}

static CU_TestInfo cases[] = {
    {"a revocation covers tokens issued in its own second",
	a_revocation_ends_the_tokens_of_its_own_second},
    {"mints by the database's clock", mints_by_the_databases_clock},
    {"revokes all tokens issued before now", revokes_all_tokens_issued_before_now},
    {"each of several revocations within a second covers all earlier tokens",
	several_revocations_within_a_second},
    {"a revocation never moves back", a_revocation_never_moves_back},
    {"refuses callers without the right", refuses_callers_without_the_right},
    {"revokes one token of one user", revokes_one_token_of_one_user},
    {"revokes one token of any user", revokes_one_token_of_any_user},
    {"a revocation is kept for as long as the token is valid",
	a_revocation_is_kept_for_as_long_as_the_token_is_valid},
    {"a user has a limited number of revoked tokens",
	a_user_has_a_limited_number_of_revoked_tokens},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("token_store", cases, f)
