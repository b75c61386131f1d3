/* Limits without Redis, with a clock that the test moves. */
#include "cunit_main.h"

#include <stdio.h>
#include <string.h>

#include "crypto/keyed_hash.h"
#include "limits/limits.h"

#include "core/banned.h"

static const struct tenant_id acme = {"01900000-0000-7000-8000-000000000001"};
static const struct user_id alice = {"01900000-0000-7000-8000-00000000a001"};
static const struct user_id bob = {"01900000-0000-7000-8000-00000000a002"};

static const struct limit five = {
    "user-send", 5, 10000, 5}; /* one in 2 s, a burst of five */
static const struct limit eight = {"tenant-send", 8, 8000, 8};
static const struct limit none = {.policy = "none"};

static struct limit_result
check(struct limits_local *l, const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost, int64_t now_ms)
{
	struct limit_result r;

	limits_local_check(l, &acme, user, user_limit, tenant_limit, cost, now_ms, &r);
	CU_ASSERT_TRUE(r.local);
	return r;
}

static void
passes_the_burst_and_no_more(void)
{
	struct limits_local *l = limits_local_new(100);
	struct limit_result r;

	for (int i = 0; i < 5; i++) {
		r = check(l, &alice, &five, &none, 1, 1000);
		CU_ASSERT_TRUE(r.allowed);
		CU_ASSERT_EQUAL(r.user.remaining, 4 - i);
		CU_ASSERT_EQUAL(r.user.reset_ms, 2000 * (i + 1));
		CU_ASSERT_EQUAL(r.user.retry_after_ms, 0);
		CU_ASSERT_EQUAL(r.tenant.remaining, -1);
	}
	r = check(l, &alice, &five, &none, 1, 1000);
	CU_ASSERT_FALSE(r.allowed);
	CU_ASSERT_EQUAL(r.user.remaining, 0);
	CU_ASSERT_EQUAL(r.user.retry_after_ms, 2000);
	CU_ASSERT_EQUAL(r.user.reset_ms, 10000);
	limits_local_free(&l);
}

static void
retry_after_is_exact(void)
{
	struct limits_local *l = limits_local_new(100);

	CU_ASSERT_TRUE(check(l, &alice, &five, &none, 5, 1000).allowed);
	CU_ASSERT_EQUAL(
	    check(l, &alice, &five, &none, 1, 1001).user.retry_after_ms, 1999);
	CU_ASSERT_FALSE(check(l, &alice, &five, &none, 1, 2999).allowed);
	CU_ASSERT_TRUE(check(l, &alice, &five, &none, 1, 3000).allowed);
	CU_ASSERT_FALSE(check(l, &alice, &five, &none, 1, 3000).allowed);
	limits_local_free(&l);
}

static void
charges_neither_limit_when_one_refuses(void)
{
	struct limits_local *l = limits_local_new(100);
	struct limit_result r;

	CU_ASSERT_TRUE(check(l, &alice, &five, &eight, 5, 0).allowed);
	r = check(l, &alice, &five, &eight, 1, 0); /* the user's limit refuses */
	CU_ASSERT_FALSE(r.allowed);
	CU_ASSERT_TRUE(r.user.retry_after_ms > 0);
	CU_ASSERT_EQUAL(r.tenant.retry_after_ms, 0);
	CU_ASSERT_EQUAL(r.tenant.remaining, 3);
	r = check(l, &bob, &five, &eight, 4, 0); /* the tenant's limit refuses */
	CU_ASSERT_FALSE(r.allowed);
	CU_ASSERT_EQUAL(r.user.retry_after_ms, 0);
	CU_ASSERT_EQUAL(r.user.remaining, 5);
	CU_ASSERT_EQUAL(r.tenant.retry_after_ms, 1000);
	r = check(l, &bob, &five, &eight, 3, 0);
	CU_ASSERT_TRUE(r.allowed);
	CU_ASSERT_EQUAL(r.user.remaining, 2);
	CU_ASSERT_EQUAL(r.tenant.remaining, 0);
	limits_local_free(&l);
}

static void
cost_zero_charges_nothing(void)
{
	struct limits_local *l = limits_local_new(100);

	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, 0, 0).user.remaining, 5);
	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, 2, 0).user.remaining, 3);
	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, 0, 0).user.remaining, 3);
	CU_ASSERT_FALSE(check(l, &alice, &five, &none, 6, 100000).allowed);
	limits_local_free(&l);
}

static void
a_negative_cost_gives_back(void)
{
	struct limits_local *l = limits_local_new(100);

	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, 2, 0).user.remaining, 3);
	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, -1, 0).user.remaining, 4);
	/* never more than the limit */
	CU_ASSERT_EQUAL(check(l, &alice, &five, &none, -3, 0).user.remaining, 5);
	limits_local_free(&l);
}

static void
a_long_run_keeps_the_rate(void)
{
	struct limits_local *l = limits_local_new(100);
	const struct limit fast = {"fast", 3, 1000, 3};
	int passed = 0;

	for (int64_t now_ms = 0; now_ms < 100000; now_ms += 7)
		passed += check(l, &alice, &fast, &none, 1, now_ms).allowed;
	CU_ASSERT_TRUE(passed >= 299 && passed <= 303);
	limits_local_free(&l);
}

static void
many_keys_neither_mix_nor_make_the_table_grow(void)
{
	struct limits_local *l = limits_local_new(64);
	struct user_id user;

	for (int i = 0; i < 10000; i++) {
		(void)snprintf(user.text, sizeof(user.text),
		    "01900000-0000-7000-8000-%012x", (unsigned)i);
		CU_ASSERT_TRUE(check(l, &user, &five, &none, 5, 0).allowed);
		CU_ASSERT_FALSE(check(l, &user, &five, &none, 1, 0).allowed);
	}
	limits_local_free(&l);
	CU_ASSERT_PTR_NULL(l);
}

static void
a_lower_limit_shortens_the_wait_of_an_old_counter(void)
{
	struct limits_local *l = limits_local_new(64);
	const struct limit slow = {"same", 1000, 3600000, 1000},
			   fast = {"same", 5, 1000, 5};

	CU_ASSERT_TRUE(check(l, &alice, &slow, &none, 1000, 0).allowed);
	CU_ASSERT_EQUAL(check(l, &alice, &fast, &none, 1, 0).user.retry_after_ms, 200);
	limits_local_free(&l);
}

static void
a_share_is_rounded_up(void)
{
	const struct limit ten = {"p", 10, 1000, 20};
	struct limit s = limit_share(&ten, 3);

	CU_ASSERT_EQUAL(s.quota, 4);
	CU_ASSERT_EQUAL(s.burst, 7);
	CU_ASSERT_EQUAL(s.window_ms, 1000);
	s = limit_share(&ten, 100);
	CU_ASSERT_EQUAL(s.quota, 1);
	CU_ASSERT_EQUAL(s.burst, 1);
	s = limit_share(&none, 4);
	CU_ASSERT_EQUAL(s.quota, 0);
}

/* A limit of 0 refuses every send without a request to Redis. */
static void
a_limit_of_0_differs_from_no_limit(void)
{
	const struct limit ten = {"user-send", 10, 1000, 10};
	struct limit closed = {"tenant-send", limit_quota(0), 1000, 0};
	struct limit_result result;

	CU_ASSERT_EQUAL(limit_quota(0), LIMIT_NOTHING);
	CU_ASSERT_EQUAL(limit_quota(-2), 0);
	CU_ASSERT_EQUAL(limit_quota(7), 7);
	CU_ASSERT_FALSE(limit_closed(&ten, &ten, &result));
	CU_ASSERT_FALSE(limit_closed(&ten, &none, &result));
	CU_ASSERT_TRUE(limit_closed(&ten, &closed, &result));
	CU_ASSERT_FALSE(result.allowed);
	CU_ASSERT_EQUAL(result.user.retry_after_ms, 0);
	CU_ASSERT_EQUAL(result.user.quota, 0);
	CU_ASSERT_EQUAL(result.tenant.retry_after_ms, 1000);
	CU_ASSERT_EQUAL(result.tenant.remaining, 0);
	closed.window_ms = 60000;
	CU_ASSERT_TRUE(limit_closed(&closed, &ten, &result));
	CU_ASSERT_EQUAL(result.user.retry_after_ms, 60000);
}

/* Draws the key of keyed_hash() for this process. */
static int
draw(void)
{
	keyed_hash_draw();
	return 0;
}

static CU_TestInfo cases[] = {
    {"passes the burst and no more", passes_the_burst_and_no_more},
    {"retry_after is exact", retry_after_is_exact},
    {"charges neither limit when one refuses", charges_neither_limit_when_one_refuses},
    {"cost zero charges nothing", cost_zero_charges_nothing},
    {"a negative cost gives back", a_negative_cost_gives_back},
    {"a long run keeps the rate", a_long_run_keeps_the_rate},
    {"many keys neither mix nor make the table grow",
	many_keys_neither_mix_nor_make_the_table_grow},
    {"a lower limit shortens the wait of an old counter",
	a_lower_limit_shortens_the_wait_of_an_old_counter},
    {"a share is rounded up", a_share_is_rounded_up},
    {"a limit of 0 differs from no limit", a_limit_of_0_differs_from_no_limit},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("limits/local", cases, draw, NULL)
