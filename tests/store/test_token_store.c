/* Revoked tokens: whose, by whom, from when on. */
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/principal_store.h"
#include "store/tenant_store.h"
#include "store/token_store.h"
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

/* Also a revocation in the very first millisecond of its second. */
static void
the_second_of_a_revocation(void)
{
	static const char *const at_ms[] = {
	    "1700000000000", "1700000000001", "1700000000500", "1700000000999"};
	const struct actor dave = fixture_user(&f, &f.owner, "dave", "member");
	int64_t issue_s;

	for (size_t i = 0; i < ES_COUNT(at_ms); i++) {
		set_valid_after(&dave, at_ms[i]);
		REFUSED(f, look_up(&dave, "j", 1699999999), ES_TOKEN_REVOKED, NULL);
		REFUSED(f, look_up(&dave, "j", 1700000000), ES_TOKEN_REVOKED, NULL);
		FINE(look_up(&dave, "j", 1700000001));
		FINE(token_store_issue_s(f.pg, &dave.tenant, &dave.user, 1700000000,
		    f.arena, &issue_s, &f.err));
		CU_ASSERT_EQUAL(issue_s, 1700000001);
		FINE(token_store_issue_s(f.pg, &dave.tenant, &dave.user, 1700000001,
		    f.arena, &issue_s, &f.err));
		CU_ASSERT_EQUAL(issue_s, 1700000001);
	}
	/* Minted by a clock that is behind the one that revoked. */
	FINE(token_store_issue_s(
	    f.pg, &dave.tenant, &dave.user, 1699999990, f.arena, &issue_s, &f.err));
	CU_ASSERT_EQUAL(issue_s, 1700000001);
	FINE(token_store_issue_s(
	    f.pg, &f.bob.tenant, &f.bob.user, 7, f.arena, &issue_s, &f.err));
	CU_ASSERT_EQUAL(issue_s, 7); /* nothing was revoked */
	REFUSED(f,
	    token_store_issue_s(
		f.pg, &f.bob.tenant, &f.foreign.user, 7, f.arena, &issue_s, &f.err),
	    ES_NOT_FOUND, NULL);
}

static void
all_tokens_before_now(void)
{
	const struct actor erin = fixture_user(&f, &f.owner, "erin", "member");
	const int64_t version = acl_version(), before_s = clock_wall_ms() / 1000;
	int64_t issue_s;

	FINE(look_up(&erin, "j", before_s));
	FINE(revoke_user(&erin, &erin));
	CU_ASSERT_EQUAL(done.acl_version, version + 1);
	CU_ASSERT_EQUAL(acl_version(), version + 1);
	CU_ASSERT_TRUE(done.valid_after_ms >= before_s * 1000);
	REFUSED(f, look_up(&erin, "j", before_s), ES_TOKEN_REVOKED, NULL);
	FINE(token_store_issue_s(f.pg, &erin.tenant, &erin.user, clock_wall_ms() / 1000,
	    f.arena, &issue_s, &f.err));
	FINE(look_up(&erin, "j", issue_s));
	FINE(look_up(&f.bob, "j", before_s)); /* nobody else's */
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
only_who_may(void)
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
one_token_of_one_user(void)
{
	const int64_t now_s = clock_wall_ms() / 1000 + 2, version = acl_version();

	FINE(revoke_jti(&f.bob, "shared-jti", &f.bob, HOUR_MS, MANY));
	CU_ASSERT_EQUAL(done.acl_version, version + 1);
	REFUSED(f, look_up(&f.bob, "shared-jti", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&f.bob, "other-jti", now_s));
	/* A guessed jti ends no token of another user. */
	FINE(look_up(&f.carol, "shared-jti", now_s));
	FINE(look_up(&f.foreign, "shared-jti", now_s));
}

static void
one_token_of_whatever_user(void)
{
	const int64_t now_s = clock_wall_ms() / 1000 + 2;

	FINE(revoke_jti(&f.admin, "any", NULL, HOUR_MS, MANY));
	REFUSED(f, look_up(&f.bob, "any", now_s), ES_TOKEN_REVOKED, NULL);
	REFUSED(f, look_up(&f.admin, "any", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(look_up(&f.owner, "any", now_s)); /* an admin ends no owner's */
	FINE(revoke_jti(&f.owner, "any", NULL, HOUR_MS, MANY));
	REFUSED(f, look_up(&f.owner, "any", now_s), ES_TOKEN_REVOKED, NULL);
	FINE(revoke_jti(&f.admin, "any", NULL, HOUR_MS, MANY)); /* takes nothing back */
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
is_kept_for_as_long_as_the_token_is_taken(void)
{
	const int64_t now_ms = clock_wall_ms();
	int64_t first;

	FINE(revoke_jti(&f.bob, "kept", &f.bob, HOUR_MS, MANY));
	first = kept_ms("kept");
	CU_ASSERT_TRUE(first >= now_ms + HOUR_MS + TOKEN_STORE_KEEP_S * 1000);
	FINE(revoke_jti(&f.bob, "kept", &f.bob, 1000, MANY)); /* never shorter */
	CU_ASSERT_EQUAL(kept_ms("kept"), first);
	FINE(revoke_jti(&f.bob, "kept", &f.bob, 2 * HOUR_MS, MANY));
	CU_ASSERT_TRUE(kept_ms("kept") > first);
}

static void
a_limit_of_rows(void)
{
	const struct actor hal = fixture_user(&f, &f.owner, "hal", "member");

	FINE(revoke_jti(&hal, "one", &hal, HOUR_MS, 2));
	FINE(revoke_jti(&hal, "two", &hal, HOUR_MS, 2));
	REFUSED(f, revoke_jti(&hal, "three", &hal, HOUR_MS, 2), ES_QUOTA_EXCEEDED, NULL);
	FINE(revoke_jti(&hal, "two", &hal, HOUR_MS, 2)); /* there already */
	FINE(look_up(&hal, "three", clock_wall_ms() / 1000 + 2));
}

static CU_TestInfo cases[] = {
    {"the second of a revocation", the_second_of_a_revocation},
    {"all tokens before now", all_tokens_before_now},
    {"a revocation never moves back", a_revocation_never_moves_back},
    {"only who may", only_who_may},
    {"one token of one user", one_token_of_one_user},
    {"one token of whatever user", one_token_of_whatever_user},
    {"is kept for as long as the token is taken",
	is_kept_for_as_long_as_the_token_is_taken},
    {"a limit of rows", a_limit_of_rows},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("token_store", cases, f)
