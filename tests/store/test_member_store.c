#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/ban_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct member member;
static struct event event;
static struct event_list events;
static bool added;

static enum es_code
put(const struct actor *who, const struct channel_id *channel, const struct actor *whom,
    const char *role)
{
	return member_store_put(f.pg, who, channel, &whom->user, role, f.arena, &member,
	    &added, &event, &f.err);
}

static enum es_code
remove_(
    const struct actor *who, const struct channel_id *channel, const struct actor *whom)
{
	return member_store_remove(
	    f.pg, who, channel, &whom->user, f.arena, &events, &f.err);
}

static void
adding_a_member_makes_an_event(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "team", true);

	FINE(put(&f.bob, &id, &f.carol, NULL));
	CU_ASSERT_TRUE(added);
	SAME(member.user, f.carol.user);
	CU_ASSERT_STRING_EQUAL(member.display_name, "Carol");
	CU_ASSERT_STRING_EQUAL(member.role, "member");
	CU_ASSERT_TRUE(clock_wall_ms() - member.joined_ms < 60000);
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_JOINED);
	CU_ASSERT_EQUAL(event.seq, 1);
	SAME(event.user, f.bob.user); /* the actor */
	CU_ASSERT_PTR_NOT_NULL(strstr(event.payload, f.carol.user.text));
	CU_ASSERT_PTR_NOT_NULL(strstr(event.payload, "\"displayName\": \"Carol\""));

	FINE(put(&f.bob, &id, &f.carol, NULL)); /* changes nothing */
	CU_ASSERT_FALSE(added);
	CU_ASSERT_EQUAL(event.seq, 0);
	FINE(put(&f.bob, &id, &f.carol, "admin"));
	CU_ASSERT_FALSE(added);
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_UPDATED);
	CU_ASSERT_EQUAL(event.seq, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(event.payload, f.carol.user.text));
	CU_ASSERT_PTR_NOT_NULL(strstr(event.payload, "\"role\": \"admin\""));
	CU_ASSERT_STRING_EQUAL(member.role, "admin");
	FINE(put(&f.bob, &id, &f.carol, "admin")); /* changes nothing */
	CU_ASSERT_EQUAL(event.seq, 0);
}

static void
removing_a_member_makes_an_event(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "leavers", true);
	struct channel channel;

	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(remove_(&f.bob, &id, &f.carol));
	CU_ASSERT_EQUAL_FATAL(events.n, 1);
	CU_ASSERT_EQUAL(events.items[0].kind, EVENT_MEMBER_LEFT);
	CU_ASSERT_EQUAL(events.items[0].seq, 2);
	CU_ASSERT_PTR_NOT_NULL(strstr(events.items[0].payload, f.carol.user.text));
	REFUSED(f, channel_store_get(f.pg, &f.carol, &id, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
	FINE(remove_(&f.bob, &id, &f.carol)); /* again */
	CU_ASSERT_EQUAL(events.n, 0);
	FINE(remove_(&f.bob, &id, &f.admin)); /* never was a member */
	CU_ASSERT_EQUAL(events.n, 0);
	REFUSED(f, remove_(&f.bob, &id, &f.foreign), ES_NOT_FOUND, "no such user");
}

static void
a_member_can_not_change_other_members(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "ranks", false);
	const struct actor dora = fixture_user(&f, &f.owner, "dora", "member");

	FINE(put(&f.bob, &id, &f.carol, NULL));
	REFUSED(f, put(&f.carol, &id, &dora, NULL), ES_FORBIDDEN, NULL);
	REFUSED(f, put(&f.carol, &id, &f.carol, "owner"), ES_FORBIDDEN, NULL);
	REFUSED(f, remove_(&f.carol, &id, &f.bob), ES_FORBIDDEN, NULL);
	REFUSED(f, put(&dora, &id, &dora, NULL), ES_FORBIDDEN,
	    NULL);                              /* a user joins by member_store_join() */
	FINE(put(&f.admin, &id, &dora, NULL));  /* an admin of the tenant */
	FINE(remove_(&f.carol, &id, &f.carol)); /* carol leaves */
	CU_ASSERT_EQUAL(events.n, 1);
}

static void
an_admin_of_the_channel_can_not_change_its_owners(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "owners", false);

	FINE(put(&f.bob, &id, &f.carol, "admin"));
	REFUSED(f, put(&f.carol, &id, &f.bob, "member"), ES_FORBIDDEN, NULL);
	REFUSED(f, put(&f.carol, &id, &f.guest, "owner"), ES_FORBIDDEN, NULL);
	REFUSED(f, remove_(&f.carol, &id, &f.bob), ES_FORBIDDEN, NULL);
	FINE(put(&f.carol, &id, &f.guest, "admin"));
	FINE(put(&f.admin, &id, &f.carol, "owner"));
	FINE(put(&f.carol, &id, &f.bob, "member"));
	CU_ASSERT_STRING_EQUAL(member.role, "member");
}

static void
the_last_owner_keeps_the_role(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "last", false);

	REFUSED(f, put(&f.bob, &id, &f.bob, "member"), ES_LAST_OWNER, NULL);
	FINE(put(&f.bob, &id, &f.carol, "owner"));
	FINE(put(&f.bob, &id, &f.bob, "member"));
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_UPDATED);
}

/* A channel whose owners are all deactivated would have no user who can manage it. */
static void
a_deactivated_owner_does_not_count_as_another_owner(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "orphan", true);
	const struct actor heir = fixture_user(&f, &f.owner, "heir", "member");
	struct user user;

	FINE(put(&f.bob, &id, &heir, "owner"));
	FINE(user_store_deactivate(f.pg, &f.owner, &heir.user, f.arena, &user, &f.err));
	REFUSED(f, put(&f.bob, &id, &f.bob, "member"), ES_LAST_OWNER, NULL);
	FINE(user_store_reactivate(f.pg, &f.owner, &heir.user, f.arena, &user, &f.err));
	FINE(remove_(&f.bob, &id, &f.bob));
}

static void
only_active_users_of_the_tenant_become_members(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "real", false);
	const struct actor gone = fixture_user(&f, &f.owner, "gone", "member");
	struct actor nobody = f.bob;
	struct user user;

	uuid_new(nobody.user.text);
	FINE(user_store_deactivate(f.pg, &f.owner, &gone.user, f.arena, &user, &f.err));
	REFUSED(f, put(&f.bob, &id, &nobody, NULL), ES_NOT_FOUND, "no such user");
	REFUSED(f, put(&f.bob, &id, &f.foreign, NULL), ES_NOT_FOUND, "no such user");
	REFUSED(f, put(&f.bob, &id, &gone, NULL), ES_NOT_FOUND, "no such user");
	REFUSED(f, put(&f.bob, &id, &f.carol, "emperor"), ES_INVALID, NULL);
}

static void
an_archived_channel_takes_no_new_member(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "closed down", false);
	struct channel channel;

	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	REFUSED(f, put(&f.bob, &id, &f.carol, NULL), ES_CHANNEL_ARCHIVED, NULL);
}

/* Lists, adds, removes and joins on three channels: a private one of other users, one of
 * another tenant, and an unknown one. */
static void
an_invisible_channel_is_unknown(void)
{
	struct channel_id ids[3] = {fixture_channel(&f, &f.bob, "hidden", true),
	    fixture_channel(&f, &f.foreign, "foreign", false)};
	struct member_page page;

	uuid_new(ids[2].text);
	for (size_t i = 0; i < 3; i++) {
		REFUSED(f,
		    member_store_list(
			f.pg, &f.owner, &ids[i], NULL, 10, f.arena, &page, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f, put(&f.owner, &ids[i], &f.carol, NULL), ES_NOT_FOUND,
		    "no such channel");
		REFUSED(f, remove_(&f.owner, &ids[i], &f.carol), ES_NOT_FOUND,
		    "no such channel");
		REFUSED(f,
		    member_store_join(f.pg, &f.owner, &ids[i], f.arena, &event, &f.err),
		    ES_NOT_FOUND, "no such channel");
	}
}

static bool
sees(const struct actor *who, const struct channel_id *id)
{
	const enum es_code rc =
	    channel_store_get(f.pg, who, id, f.arena, &(struct channel){0}, &f.err);

	CU_ASSERT_TRUE(rc == ES_OK || rc == ES_NOT_FOUND);
	return rc == ES_OK;
}

static enum es_code
ban(const struct actor *who, const struct channel_id *id, const struct actor *whom)
{
	return member_store_ban(f.pg, who, id, &whom->user, f.arena, &events, &f.err);
}

static enum es_code
lift(const struct actor *who, const struct channel_id *id, const struct actor *whom)
{
	bool lifted;

	return ban_store_lift(f.pg, who, id, &whom->user, f.arena, &lifted, &f.err);
}

/* For a banned user a public channel is like a private one of other users. */
static void
removal_from_a_public_channel_is_a_ban(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "banning", false);
	const struct actor dora = fixture_user(&f, &f.owner, "dora-ban", "member");
	struct channel_page page;
	struct outcome outcome;
	struct ban_page bans;

	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(remove_(&f.bob, &id, &f.carol));
	CU_ASSERT_PTR_NOT_NULL(strstr(events.items[0].payload, "\"banned\": true"));
	CU_ASSERT_FALSE(sees(&f.carol, &id));
	CU_ASSERT_TRUE(sees(&dora, &id));
	REFUSED(f, member_store_join(f.pg, &f.carol, &id, f.arena, &event, &f.err),
	    ES_NOT_FOUND, "no such channel");
	outcome = fixture_send(&f, &f.carol, &id, NULL, "let me in");
	CU_ASSERT_EQUAL(outcome.code, ES_NOT_FOUND);
	FINE(channel_store_list(f.pg, &f.carol, &(struct channel_filter){0}, NULL, 200,
	    f.arena, &page, &f.err));
	for (size_t i = 0; i < page.n; i++)
		CU_ASSERT_STRING_NOT_EQUAL(page.items[i].id.text, id.text);

	REFUSED(f, ban_store_list(f.pg, &dora, &id, NULL, 10, f.arena, &bans, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(ban_store_list(f.pg, &f.bob, &id, NULL, 10, f.arena, &bans, &f.err));
	CU_ASSERT_EQUAL_FATAL(bans.n, 1);
	SAME(bans.items[0].user, f.carol.user);
	SAME(bans.items[0].banned_by, f.bob.user);
	CU_ASSERT_STRING_EQUAL(bans.items[0].display_name, "Carol");

	REFUSED(f, lift(&dora, &id, &f.carol), ES_FORBIDDEN, NULL);
	REFUSED(f, lift(&f.carol, &id, &f.carol), ES_NOT_FOUND, "no such channel");
	FINE(lift(&f.bob, &id, &f.carol));
	FINE(lift(&f.bob, &id, &f.carol)); /* again */
	FINE(member_store_join(f.pg, &f.carol, &id, f.arena, &event, &f.err));

	/* A user who left may join again, and so may a user who was added again. */
	FINE(remove_(&f.carol, &id, &f.carol));
	CU_ASSERT_TRUE(sees(&f.carol, &id));
	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(remove_(&f.bob, &id, &f.carol));
	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(remove_(&f.carol, &id, &f.carol));
	CU_ASSERT_TRUE(sees(&f.carol, &id));
}

static void
removal_bans_neither_from_a_private_channel_nor_an_admin(void)
{
	const struct channel_id open = fixture_channel(&f, &f.bob, "no-ban", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "no-ban-2", true);
	struct ban_page bans;

	FINE(put(&f.bob, &open, &f.admin, NULL));
	FINE(put(&f.bob, &closed, &f.carol, NULL));
	FINE(remove_(&f.bob, &open, &f.admin));
	CU_ASSERT_PTR_NULL(strstr(events.items[0].payload, "banned"));
	CU_ASSERT_TRUE(sees(&f.admin, &open));
	FINE(remove_(&f.bob, &closed, &f.carol));
	CU_ASSERT_PTR_NULL(strstr(events.items[0].payload, "banned"));
	FINE(ban_store_list(f.pg, &f.bob, &closed, NULL, 10, f.arena, &bans, &f.err));
	CU_ASSERT_EQUAL(bans.n, 0);
}

/* A ban keeps out a user who left before the removal, and a user who never was a member.
 */
static void
a_user_who_is_not_a_member_can_be_banned(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "keep-out", false);
	const struct actor eve = fixture_user(&f, &f.owner, "eve-ban", "member");
	struct outcome outcome;

	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(remove_(&f.carol, &id, &f.carol));
	FINE(remove_(&f.bob, &id, &f.carol));
	CU_ASSERT_EQUAL_FATAL(events.n, 1);
	CU_ASSERT_EQUAL(events.items[0].kind, EVENT_MEMBER_LEFT);
	CU_ASSERT_PTR_NOT_NULL(strstr(events.items[0].payload, f.carol.user.text));
	CU_ASSERT_PTR_NOT_NULL(strstr(events.items[0].payload, "\"banned\": true"));
	CU_ASSERT_FALSE(sees(&f.carol, &id));
	outcome = fixture_send(&f, &f.carol, &id, NULL, "let me in");
	CU_ASSERT_EQUAL(outcome.code, ES_NOT_FOUND);
	FINE(remove_(&f.bob, &id, &f.carol)); /* again */
	CU_ASSERT_EQUAL(events.n, 0);

	REFUSED(f, ban(&f.carol, &id, &eve), ES_NOT_FOUND, "no such channel");
	REFUSED(f, ban(&eve, &id, &f.carol), ES_FORBIDDEN, NULL);
	REFUSED(f, ban(&f.bob, &id, &f.foreign), ES_NOT_FOUND, "no such user");
	REFUSED(f, remove_(&f.bob, &id, &f.foreign), ES_NOT_FOUND, "no such user");
	FINE(ban(&f.bob, &id, &eve));
	CU_ASSERT_EQUAL(events.n, 1);
	CU_ASSERT_FALSE(sees(&eve, &id));
	FINE(ban(&f.bob, &id, &eve)); /* again */
	CU_ASSERT_EQUAL(events.n, 0);
	FINE(lift(&f.bob, &id, &eve));
	CU_ASSERT_TRUE(sees(&eve, &id));
}

static void
a_ban_removes_a_member_but_no_admin_of_the_tenant(void)
{
	const struct channel_id open = fixture_channel(&f, &f.bob, "ban-open", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "ban-closed", true);
	const bool is_private = false;
	const struct channel_patch opens = {.is_private = &is_private};
	struct channel channel;

	REFUSED(f, ban(&f.bob, &open, &f.bob), ES_FORBIDDEN, NULL);
	REFUSED(f, ban(&f.bob, &open, &f.admin), ES_FORBIDDEN, NULL);
	FINE(put(&f.bob, &open, &f.carol, "admin"));
	REFUSED(f, ban(&f.carol, &open, &f.bob), ES_FORBIDDEN,
	    NULL); /* the owner of the channel */
	CU_ASSERT_TRUE(sees(&f.bob, &open));

	/* An admin of the tenant bans the last owner: another member becomes the owner.
	 */
	FINE(ban(&f.admin, &open, &f.bob));
	CU_ASSERT_EQUAL_FATAL(events.n, 2);
	CU_ASSERT_EQUAL(events.items[0].kind, EVENT_MEMBER_UPDATED);
	CU_ASSERT_EQUAL(events.items[1].kind, EVENT_MEMBER_LEFT);
	CU_ASSERT_FALSE(sees(&f.bob, &open));

	FINE(put(&f.bob, &closed, &f.carol, NULL));
	FINE(ban(&f.bob, &closed, &f.carol));
	FINE(channel_store_patch(
	    f.pg, &f.bob, &closed, &opens, f.arena, &channel, &event, &f.err));
	CU_ASSERT_FALSE(sees(&f.carol, &closed));
}

static void
lists_page_by_page(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "many", false);
	const struct user_id *after = NULL;
	struct member_page page;
	size_t n = 0;

	FINE(put(&f.bob, &id, &f.carol, NULL));
	FINE(put(&f.bob, &id, &f.guest, "admin"));
	do {
		FINE(member_store_list(
		    f.pg, &f.owner, &id, after, 2, f.arena, &page, &f.err));
		for (size_t i = 0; i < page.n; i++) {
			if (after != NULL)
				CU_ASSERT_TRUE(
				    strcmp(after->text, page.items[i].user.text) < 0);
			after = &page.items[i].user;
		}
		n += page.n;
	} while (page.more);
	CU_ASSERT_EQUAL(n, 3);
}

static CU_TestInfo cases[] = {
    {"adding a member makes an event", adding_a_member_makes_an_event},
    {"removing a member makes an event", removing_a_member_makes_an_event},
    {"a member can't change other members", a_member_can_not_change_other_members},
    {"an admin of the channel can't change its owners",
	an_admin_of_the_channel_can_not_change_its_owners},
    {"the last owner keeps the role", the_last_owner_keeps_the_role},
    {"a deactivated owner does not count as another owner",
	a_deactivated_owner_does_not_count_as_another_owner},
    {"only active users of the tenant become members",
	only_active_users_of_the_tenant_become_members},
    {"an archived channel takes no new member", an_archived_channel_takes_no_new_member},
    {"an invisible channel is unknown", an_invisible_channel_is_unknown},
    {"removal from a public channel is a ban", removal_from_a_public_channel_is_a_ban},
    {"a user who is not a member can be banned",
	a_user_who_is_not_a_member_can_be_banned},
    {"a ban removes a member, but no admin of the tenant",
	a_ban_removes_a_member_but_no_admin_of_the_tenant},
    {"removal from a private channel, or of an admin, is no ban",
	removal_bans_neither_from_a_private_channel_nor_an_admin},
    {"lists page by page", lists_page_by_page},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("member_store", cases, f)
