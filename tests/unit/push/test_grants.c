/* The cache of confirmed rights. */
#include "cunit_main.h"

#include "crypto/keyed_hash.h"
#include "hub/grants.h"

#include "core/banned.h"

static const struct rights_key a = {{"01900000-0000-7000-8000-000000000001"},
				   {"01900000-0000-7000-8000-00000000a001"},
				   {"01900000-0000-7000-8000-0000000000c1"}},
			       b = {{"01900000-0000-7000-8000-000000000001"},
				   {"01900000-0000-7000-8000-00000000a002"},
				   {"01900000-0000-7000-8000-0000000000c1"}},
			       c = {{"01900000-0000-7000-8000-000000000001"},
				   {"01900000-0000-7000-8000-00000000a001"},
				   {"01900000-0000-7000-8000-0000000000c2"}};
static const struct rights_row open_row = {.acl_version = 5},
			       archived_row = {.acl_version = 6, .archived = true};

/* Returns 0 without a grant, 1 with a grant, 2 with a grant for an archived channel. */
static int
find_grant(struct grants *g, const struct rights_key *right, int64_t version, int64_t at)
{
	bool archived = false;

	return grants_find(g, right, version, at, &archived) ? 1 + archived : 0;
}

static void
a_new_answer_replaces_the_old_one(void)
{
	struct grants *g = grants_new(10, 1000);

	grants_add(g, &a, &open_row, 0);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 10), 1);
	grants_add(g, &a, &archived_row, 500);
	CU_ASSERT_EQUAL(find_grant(g, &a, 6, 510), 2);
	grants_expire(g, 1100);
	CU_ASSERT_EQUAL(find_grant(g, &a, 6, 1100), 2);
	CU_ASSERT_EQUAL(
	    find_grant(g, &a, 7, 1100), 0); /* the grant has an older version */
	CU_ASSERT_EQUAL(find_grant(g, &a, 6, 1501), 0); /* the grant has expired */
	grants_forget_channel(g, &a.channel);
	CU_ASSERT_EQUAL(find_grant(g, &a, 6, 510), 0);
	grants_free(&g);
	CU_ASSERT_PTR_NULL(g);
	grants_free(&g);
}

static void
the_oldest_grant_is_evicted(void)
{
	struct grants *g = grants_new(2, 1000);

	grants_add(g, &a, &open_row, 0);
	grants_add(g, &b, &open_row, 1);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 2), 1);
	grants_add(g, &c, &open_row, 2);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 2), 0);
	CU_ASSERT_EQUAL(find_grant(g, &b, 5, 2), 1);
	CU_ASSERT_EQUAL(find_grant(g, &c, 5, 2), 1);
	grants_forget_channel(g, &a.channel); /* also drops other users' grants */
	CU_ASSERT_EQUAL(find_grant(g, &b, 5, 2), 0);
	CU_ASSERT_EQUAL(find_grant(g, &c, 5, 2), 1);
	grants_free(&g);
}

static void
the_same_right_again_needs_no_more_room(void)
{
	struct grants *g = grants_new(2, 1000);

	grants_add(g, &b, &open_row, 0);
	grants_add(g, &a, &open_row, 1);
	grants_add(g, &a, &open_row, 2);
	CU_ASSERT_EQUAL(find_grant(g, &b, 5, 3), 1);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 3), 1);
	grants_free(&g);
}

static int
draw(void)
{
	keyed_hash_draw();
	return 0;
}

static unsigned asked;

static void
count(void *ctx, const struct rights_key *right)
{
	CU_ASSERT_PTR_EQUAL(ctx, &asked);
	CU_ASSERT_STRING_EQUAL(right->user.text, a.user.text);
	asked++;
}

static void
a_used_grant_is_renewed_once(void)
{
	struct grants *g = grants_new(10, 1000);

	grants_add(g, &a, &open_row, 0);
	grants_add(g, &b, &open_row, 0);
	grants_each_to_renew(g, 600, count, &asked);
	CU_ASSERT_EQUAL(asked, 0);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 400), 1);
	grants_each_to_renew(g, 500, count, &asked);
	CU_ASSERT_EQUAL(asked, 0);
	grants_each_to_renew(g, 501, count, &asked);
	grants_each_to_renew(g, 502, count, &asked);
	CU_ASSERT_EQUAL(asked, 1);
	grants_renew(g, &a, &archived_row, 501, 510);
	CU_ASSERT_EQUAL(find_grant(g, &a, 6, 1510), 2);
	CU_ASSERT_EQUAL(find_grant(g, &b, 5, 1001), 0);
	grants_each_to_renew(g, 1011, count, &asked);
	CU_ASSERT_EQUAL(asked, 2);
	grants_free(&g);
}

/* The answer to a renewal may be older than a removal, or than a later answer. */
static void
a_late_answer_renews_nothing(void)
{
	struct grants *g = grants_new(10, 1000);

	grants_add(g, &a, &open_row, 0);
	grants_forget_channel(g, &a.channel);
	grants_renew(g, &a, &open_row, 600, 610);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 611), 0);
	grants_add(g, &a, &open_row, 605);
	grants_renew(g, &a, NULL, 600, 620);
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 621), 1);
	grants_renew(g, &a, NULL, 606, 630); /* the right is gone */
	CU_ASSERT_EQUAL(find_grant(g, &a, 5, 631), 0);
	grants_free(&g);
}

static CU_TestInfo cases[] = {
    {"a used grant is renewed once", a_used_grant_is_renewed_once},
    {"a late answer renews nothing", a_late_answer_renews_nothing},
    {"a new answer replaces the old one", a_new_answer_replaces_the_old_one},
    {"the oldest grant is evicted", the_oldest_grant_is_evicted},
    {"the same right again needs no more room", the_same_right_again_needs_no_more_room},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN_WITH("push/grants", cases, draw, NULL)
