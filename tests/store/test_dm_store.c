/* Direct messages and groups: who may open them, and that the same people share one
 * channel. */
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/check.h"
#include "cunit_main.h"
#include "store/dm_store.h"
#include "store/member_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static bool created;

static enum es_code
open_of(const struct actor *who, const struct user_id people[], size_t n, int64_t max)
{
	const struct dm_new in = {.people = people, .n = n, .user_max = max};

	return dm_store_open(f.pg, who, &in, f.arena, &channel, &created, &f.err);
}

static enum es_code
open_with(const struct actor *who, const struct actor *other)
{
	return open_of(who, &other->user, 1, 0);
}

static struct actor
another(const char *name, const char *role)
{
	return fixture_user(&f, &f.owner, name, role);
}

static void
two_people_have_one_channel(void)
{
	const struct user_id both[] = {f.carol.user, f.bob.user, f.carol.user};
	struct channel_id id;

	FINE(open_with(&f.bob, &f.carol));
	CU_ASSERT_TRUE(created);
	id = channel.id;
	CU_ASSERT_STRING_EQUAL(channel.kind, "dm");
	CU_ASSERT_PTR_NULL(channel.name);
	CU_ASSERT_TRUE(channel.is_private);
	CU_ASSERT_STRING_EQUAL(channel.role, "member");
	CU_ASSERT_EQUAL(channel.seq, 0);
	SAME(channel.created_by, f.bob.user);
	CU_ASSERT_PTR_NOT_NULL(strstr(channel.people, "\"displayName\": \"Carol\""));
	FINE(open_with(&f.bob, &f.carol));
	CU_ASSERT_FALSE(created);
	SAME(channel.id, id);
	FINE(open_with(&f.carol, &f.bob));
	CU_ASSERT_FALSE(created);
	SAME(channel.id, id);
	FINE(open_of(&f.bob, both, 3, 0));
	CU_ASSERT_FALSE(created);
	SAME(channel.id, id);
	REFUSED(f, channel_store_get(f.pg, &f.owner, &id, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
}

static void
a_user_may_open_a_channel_for_notes(void)
{
	struct channel_id id;

	FINE(open_with(&f.bob, &f.bob));
	CU_ASSERT_TRUE(created);
	CU_ASSERT_STRING_EQUAL(channel.kind, "dm");
	id = channel.id;
	FINE(open_of(&f.bob, NULL, 0, 0));
	CU_ASSERT_FALSE(created);
	SAME(channel.id, id);
}

/* Opens a group of DM_PEOPLE_MAX people, and one more. */
static void
a_group_has_at_most_nine_people(void)
{
	struct user_id others[DM_PEOPLE_MAX];

	for (size_t i = 0; i < DM_PEOPLE_MAX; i++)
		others[i] =
		    another(arena_printf(f.arena, "grouped%zu", i), "member").user;
	FINE(open_of(&f.bob, others, 2, 0));
	CU_ASSERT_STRING_EQUAL(channel.kind, "group");
	FINE(open_of(&f.bob, others, DM_PEOPLE_MAX - 1, 0));
	CU_ASSERT_TRUE(created);
	CU_ASSERT_STRING_EQUAL(channel.kind, "group");
	REFUSED(f, open_of(&f.bob, others, DM_PEOPLE_MAX, 0), ES_INVALID,
	    "names 10 people, you included; at most 9");
	CU_ASSERT_STRING_EQUAL(f.err.field, "userIds");
}

static void
only_active_users_of_the_tenant_can_be_written_to(void)
{
	const struct actor gone = another("gone", "member"),
			   known = another("known", "member"),
			   erased = another("erased", "member");
	struct user_id unknown;
	struct channel_id id;
	struct user user;

	uuid_new(unknown.text);
	REFUSED(f, open_of(&f.bob, &unknown, 1, 0), ES_INVALID,
	    arena_printf(f.arena, "no user has the id %s", unknown.text));
	CU_ASSERT_STRING_EQUAL(f.err.field, "userIds");
	REFUSED(f, open_with(&f.bob, &f.foreign), ES_INVALID,
	    arena_printf(f.arena, "no user has the id %s", f.foreign.user.text));
	FINE(open_with(&f.bob, &known));
	id = channel.id;
	FINE(user_store_deactivate(f.pg, &f.owner, &known.user, f.arena, &user, &f.err));
	FINE(user_store_deactivate(f.pg, &f.owner, &gone.user, f.arena, &user, &f.err));
	FINE(user_store_delete(f.pg, &f.owner, &erased.user, f.arena, &user, &f.err));
	REFUSED(f, open_with(&f.bob, &gone), ES_INVALID,
	    arena_printf(f.arena, "the user %s is deactivated", gone.user.text));
	REFUSED(f, open_with(&f.bob, &erased), ES_INVALID,
	    arena_printf(f.arena, "no user has the id %s", erased.user.text));
	/* The channel of a user who was deactivated later stays. */
	FINE(open_with(&f.bob, &known));
	SAME(channel.id, id);
	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, NULL, "x").code, ES_OK);
}

static void
a_guest_writes_only_to_members_of_a_common_channel(void)
{
	const struct channel_id common = fixture_channel(&f, &f.admin, "common", true);
	const struct actor stranger = another("stranger", "member");
	const struct user_id mixed[] = {f.admin.user, stranger.user};
	struct event_list events;
	struct member member;
	struct event event;
	bool added;

	REFUSED(f, open_with(&f.guest, &f.admin), ES_FORBIDDEN, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "userIds");
	FINE(open_with(&f.guest, &f.guest));
	FINE(member_store_put(f.pg, &f.admin, &common, &f.guest.user, NULL, f.arena,
	    &member, &added, &event, &f.err));
	REFUSED(f, open_of(&f.guest, mixed, 2, 0), ES_FORBIDDEN, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(f.err.text, stranger.user.text));
	FINE(open_with(&f.guest, &f.admin));
	CU_ASSERT_TRUE(created);
	FINE(channel_store_leave(f.pg, &f.guest, &common, f.arena, &events, &f.err));
	FINE(open_with(&f.guest, &f.admin)); /* it is there */
	FINE(open_with(&stranger, &f.guest));
	CU_ASSERT_TRUE(created); /* by the other one */
}

/* Members of a deleted channel share it no longer. */
static void
a_deleted_channel_is_not_common(void)
{
	const struct channel_id dead = fixture_channel(&f, &f.admin, "dead", true);
	const struct actor host = another("host", "member");
	struct member member;
	struct event event;
	bool added;

	FINE(member_store_put(f.pg, &f.admin, &dead, &f.guest.user, NULL, f.arena,
	    &member, &added, &event, &f.err));
	FINE(member_store_put(f.pg, &f.admin, &dead, &host.user, NULL, f.arena, &member,
	    &added, &event, &f.err));
	FINE(channel_store_delete(f.pg, &f.admin, &dead, f.arena, &event, &f.err));
	REFUSED(f, open_with(&f.guest, &host), ES_FORBIDDEN, NULL);
}

static void
a_user_can_open_a_limited_number(void)
{
	const struct actor opener = another("opener", "member");

	FINE(open_of(&opener, &f.bob.user, 1, 2));
	FINE(open_of(&opener, &f.carol.user, 1, 2));
	REFUSED(f, open_of(&opener, &f.admin.user, 1, 2), ES_QUOTA_EXCEEDED,
	    "you have opened 2 direct messages and groups, the limit of a user");
	FINE(open_of(&opener, &f.bob.user, 1, 2)); /* it is there */
	FINE(open_of(&f.admin, &opener.user, 1, 1));
	FINE(open_of(&f.admin, &f.owner.user, 1, 1)); /* an admin has no limit */
	/* The two limits count apart. */
	FINE(channel_store_create(f.pg, &opener,
	    &(struct channel_new){.name = "opener's", .user_max = 1}, f.arena, &channel,
	    &f.err));
}

static void
the_tenants_limit_does_not_count_it(void)
{
	struct tenant before, after;

	FINE(tenant_store_get(f.pg, &f.bob.tenant, f.arena, &before, &f.err));
	FINE(open_of(&f.bob, (const struct user_id[]){f.admin.user, f.owner.user}, 2, 0));
	CU_ASSERT_TRUE(created);
	FINE(tenant_store_get(f.pg, &f.bob.tenant, f.arena, &after, &f.err));
	CU_ASSERT_EQUAL(before.channel_count, after.channel_count);
}

static size_t
listed_direct(const struct actor *who)
{
	struct channel_page page;

	FINE(channel_store_list_direct(f.pg, who, NULL, 200, f.arena, &page, &f.err));
	return page.n;
}

/* Ten children open one group at the same time, in turn as two of its members. Each child
 * exits with 1 when it created the channel. */
static void
concurrent_requests_make_one_channel(void)
{
	const struct actor people[] = {another("racer0", "member"),
	    another("racer1", "member"), another("racer2", "member")};
	const struct user_id ids[] = {people[0].user, people[1].user, people[2].user};
	enum { CHILDREN = 10 };
	pid_t pids[CHILDREN];
	int makers = 0;

	for (size_t i = 0; i < CHILDREN; i++) {
		pids[i] = fork();
		if (pids[i] != 0)
			continue;
		const struct dm_new in = {.people = ids, .n = 3, .user_max = 5};
		struct fixture mine = {.pg = fixture_connect(), .arena = arena_new()};

		CHECK(dm_store_open(mine.pg, &people[i % 2], &in, mine.arena, &channel,
			  &created, &mine.err) == ES_OK);
		_exit(created ? 1 : 0);
	}
	for (size_t i = 0; i < CHILDREN; i++) {
		int status = -1;

		CU_ASSERT_EQUAL(waitpid(pids[i], &status, 0), pids[i]);
		CU_ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) <= 1);
		makers += WEXITSTATUS(status);
	}
	CU_ASSERT_EQUAL(makers, 1);
	CU_ASSERT_EQUAL(listed_direct(&people[0]), 1);
	CU_ASSERT_EQUAL(listed_direct(&people[2]), 1);
}

static CU_TestInfo cases[] = {
    {"two people have one channel", two_people_have_one_channel},
    {"a user may open a channel for notes", a_user_may_open_a_channel_for_notes},
    {"a group has at most nine people", a_group_has_at_most_nine_people},
    {"only active users of the tenant can be written to",
	only_active_users_of_the_tenant_can_be_written_to},
    {"a guest writes only to members of a common channel",
	a_guest_writes_only_to_members_of_a_common_channel},
    {"a deleted channel is not common", a_deleted_channel_is_not_common},
    {"a user can open a limited number", a_user_can_open_a_limited_number},
    {"the tenant's limit does not count it", the_tenants_limit_does_not_count_it},
    {"concurrent requests make one channel", concurrent_requests_make_one_channel},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("dm_store", cases, f)
