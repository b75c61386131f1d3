/* Direct messages and groups that exist: nobody changes them, lists show them, and
 * members hide them. */
#include <string.h>

#include "cunit_main.h"
#include "store/ban_store.h"
#include "store/dm_store.h"
#include "store/member_store.h"
#include "store/ownership_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static bool created;

static enum es_code
open_with(const struct actor *who, const struct actor *other)
{
	const struct dm_new in = {.people = &other->user, .n = 1};

	return dm_store_open(f.pg, who, &in, f.arena, &channel, &created, &f.err);
}

static struct actor
another(const char *name, const char *role)
{
	return fixture_user(&f, &f.owner, name, role);
}

static size_t
listed_direct(const struct actor *who)
{
	struct channel_page page;

	FINE(channel_store_list_direct(f.pg, who, NULL, 200, f.arena, &page, &f.err));
	return page.n;
}

/* Calls each function that changes a channel or its members: as a member who is the
 * tenant's owner, and as an owner who is not a member. */
static void
nothing_about_it_changes(void)
{
	const struct actor second = another("second owner", "owner");
	const bool no = false;
	const struct channel_patch patches[] = {{.name = "n"}, {.topic = "t"},
	    {.posting_policy = "admins"}, {.is_private = &no}};
	struct event_list events;
	struct channel_id id;
	struct member member;
	struct event event;
	bool flag;

	FINE(open_with(&f.owner, &f.bob));
	id = channel.id;
	for (int member_calls = 1; member_calls >= 0; member_calls--) {
		const struct actor *who = member_calls ? &f.owner : &second;
		const enum es_code rc = member_calls ? ES_FORBIDDEN : ES_NOT_FOUND;
		const char *why = member_calls ? STORE_DIRECT : STORE_NO_CHANNEL;

#define NOT(call) REFUSED(f, call, rc, why)
		for (size_t i = 0; i < ES_COUNT(patches); i++)
			NOT(channel_store_patch(f.pg, who, &id, &patches[i], f.arena,
			    &channel, &event, &f.err));
		NOT(channel_store_archive(
		    f.pg, who, &id, f.arena, &channel, &event, &f.err));
		NOT(channel_store_unarchive(
		    f.pg, who, &id, f.arena, &channel, &event, &f.err));
		NOT(channel_store_delete(f.pg, who, &id, f.arena, &event, &f.err));
		NOT(channel_store_join(
		    f.pg, who, &id, f.arena, &channel, &event, &f.err));
		NOT(channel_store_leave(f.pg, who, &id, f.arena, &events, &f.err));
		NOT(member_store_put(f.pg, who, &id, &f.carol.user, NULL, f.arena,
		    &member, &flag, &event, &f.err));
		NOT(member_store_remove(
		    f.pg, who, &id, &f.bob.user, f.arena, &events, &f.err));
		NOT(member_store_ban(
		    f.pg, who, &id, &f.bob.user, f.arena, &events, &f.err));
		NOT(ban_store_lift(f.pg, who, &id, &f.bob.user, f.arena, &flag, &f.err));
		NOT(ownership_store_take_over(
		    f.pg, who, &id, f.arena, &channel, &event, &f.err));
#undef NOT
	}
	FINE(channel_store_get(f.pg, &f.bob, &id, f.arena, &channel, &f.err));
	CU_ASSERT_EQUAL(channel.seq, 0);
}

static size_t
listed(const struct actor *who, const struct channel_filter *filter)
{
	struct channel_page page;

	FINE(channel_store_list(f.pg, who, filter, NULL, 200, f.arena, &page, &f.err));
	CU_ASSERT_FALSE(page.more);
	return page.n;
}

static void
lists_keep_the_kinds_apart(void)
{
	const struct channel_filter named = {0}, all = {.all_kinds = true},
				    mine = {.member_only = true}, all_mine = {true, true};
	const struct actor reader = another("lister", "member");
	const size_t before = listed(&reader, &named);
	struct channel_page orphans;

	(void)fixture_channel(&f, &reader, "lister's", true);
	FINE(open_with(&reader, &f.bob));
	FINE(open_with(&reader, &f.carol));
	CU_ASSERT_EQUAL(listed(&reader, &named), before + 1);
	CU_ASSERT_EQUAL(listed(&reader, &all), before + 3);
	CU_ASSERT_EQUAL(listed(&reader, &mine), 1);
	CU_ASSERT_EQUAL(listed(&reader, &all_mine), 3);
	CU_ASSERT_EQUAL(listed_direct(&reader), 2);
	CU_ASSERT_EQUAL(listed_direct(&f.foreign), 0);
	FINE(channel_store_orphans(f.pg, &f.owner, NULL, 200, f.arena, &orphans, &f.err));
	for (size_t i = 0; i < orphans.n; i++)
		CU_ASSERT_STRING_EQUAL(orphans.items[i].kind, "channel");
}

static void
a_page_continues_after_what_is_hidden(void)
{
	const struct actor reader = another("pager", "member");
	struct channel_page page = {.more = true};
	struct channel_id ids[3];
	size_t pages = 0, seen = 0;

	for (size_t i = 0; i < ES_COUNT(ids); i++) {
		const struct actor other =
		    another(arena_printf(f.arena, "paged%zu", i), "member");

		FINE(open_with(&reader, &other));
		ids[i] = channel.id;
	}
	FINE(dm_store_hide(f.pg, &reader, &ids[0], true, f.arena, &f.err));
	for (; page.more; pages++) {
		const struct channel_id last = page.last;

		FINE(channel_store_list_direct(
		    f.pg, &reader, pages > 0 ? &last : NULL, 1, f.arena, &page, &f.err));
		if (pages == 0)
			CU_ASSERT_EQUAL(page.n, 0);
		seen += page.n;
	}
	CU_ASSERT_EQUAL(pages, 3);
	CU_ASSERT_EQUAL(seen, 2);
}

static void
a_hidden_one_comes_back_with_the_next_message(void)
{
	const struct actor one = another("hider", "member"),
			   two = another("writer", "member");
	const struct channel_filter all = {true, true};
	struct channel_id id, unknown;

	FINE(open_with(&one, &two));
	id = channel.id;
	FINE(dm_store_hide(f.pg, &one, &id, true, f.arena, &f.err));
	CU_ASSERT_EQUAL(listed_direct(&one), 0);
	CU_ASSERT_EQUAL(listed(&one, &all), 0);
	CU_ASSERT_EQUAL(listed_direct(&two), 1);
	CU_ASSERT_EQUAL(fixture_send(&f, &two, &id, NULL, "x").code, ES_OK);
	CU_ASSERT_EQUAL(listed_direct(&one), 1);
	FINE(dm_store_hide(f.pg, &one, &id, true, f.arena, &f.err));
	CU_ASSERT_EQUAL(listed_direct(&one), 0);
	FINE(dm_store_hide(f.pg, &one, &id, false, f.arena, &f.err));
	CU_ASSERT_EQUAL(listed_direct(&one), 1);
	FINE(dm_store_hide(f.pg, &one, &id, true, f.arena, &f.err));
	FINE(open_with(&two, &one)); /* shows it to two only */
	CU_ASSERT_EQUAL(listed_direct(&one), 0);
	FINE(open_with(&one, &two));
	CU_ASSERT_FALSE(created);
	CU_ASSERT_EQUAL(listed_direct(&one), 1);

	uuid_new(unknown.text);
	REFUSED(f, dm_store_hide(f.pg, &one, &unknown, true, f.arena, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f, dm_store_hide(f.pg, &f.bob, &id, true, f.arena, &f.err), ES_NOT_FOUND,
	    "no such channel");
	REFUSED(f, dm_store_hide(f.pg, &f.foreign, &id, true, f.arena, &f.err),
	    ES_NOT_FOUND, "no such channel");
	unknown = fixture_channel(&f, &one, "not direct", false);
	REFUSED(f, dm_store_hide(f.pg, &one, &unknown, true, f.arena, &f.err),
	    ES_NOT_FOUND, "no such channel");
}

/* A deactivation and a deletion hand on the channels of the user, but no direct message:
 * it has no owner. */
static void
its_members_stay_when_a_user_goes(void)
{
	const struct actor going = another("going", "member");
	struct member_page members;
	struct channel_id id;
	struct user user;

	FINE(open_with(&f.bob, &going));
	id = channel.id;
	FINE(user_store_delete(f.pg, &f.owner, &going.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.handed_on.n, 0);
	FINE(channel_store_get(f.pg, &f.bob, &id, f.arena, &channel, &f.err));
	CU_ASSERT_PTR_NOT_NULL(strstr(channel.people, "\"" USER_DELETED_NAME "\""));
	FINE(member_store_list(f.pg, &f.bob, &id, NULL, 10, f.arena, &members, &f.err));
	CU_ASSERT_EQUAL(members.n, 2);
}

static CU_TestInfo cases[] = {
    {"nothing about it changes", nothing_about_it_changes},
    {"lists keep the kinds apart", lists_keep_the_kinds_apart},
    {"a page continues after what is hidden", a_page_continues_after_what_is_hidden},
    {"a hidden one comes back with the next message",
	a_hidden_one_comes_back_with_the_next_message},
    {"its members stay when a user goes", its_members_stay_when_a_user_goes},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("dm_life", cases, f)
