#include <string.h>

#include "cunit_main.h"
#include "store/member_store.h"
#include "store/ownership_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static struct event event;
static struct event_list events;

static void
put(const struct actor *who, const struct channel_id *id, const struct actor *whom,
    const char *role)
{
	struct member member;
	bool added;

	FINE(member_store_put(
	    f.pg, who, id, &whom->user, role, f.arena, &member, &added, &event, &f.err));
}

static void
deactivate(const struct actor *whom, struct user *out)
{
	FINE(user_store_deactivate(f.pg, &f.owner, &whom->user, f.arena, out, &f.err));
}

static enum es_code
take_over(const struct actor *who, const struct channel_id *id)
{
	return ownership_store_take_over(
	    f.pg, who, id, f.arena, &channel, &event, &f.err);
}

/* The role of the member in the database, "" when the user is not a member. */
static const char *
role_of(const struct channel_id *id, const struct actor *whom)
{
	static const char *const names[] = {"", "member", "admin", "owner"};
	const char *const params[] = {f.owner.tenant.text, id->text, whom->user.text};
	const int64_t n = fixture_number(&f, &f.owner.tenant,
	    "SELECT array_position(ARRAY['member', 'admin', 'owner'], role)"
	    " FROM channel_members WHERE tenant_id = $1 AND channel_id = $2"
	    " AND user_id = $3",
	    params, 3);

	return names[n < 0 ? 0 : n];
}

static void
check_heir(const struct event *e, const struct channel_id *id, const struct actor *heir)
{
	CU_ASSERT_EQUAL(e->kind, EVENT_MEMBER_UPDATED);
	SAME(e->channel, *id);
	SAME(e->tenant, f.owner.tenant);
	CU_ASSERT_PTR_NOT_NULL(strstr(e->payload, heir->user.text));
	CU_ASSERT_PTR_NOT_NULL(strstr(e->payload, "\"role\": \"owner\""));
	CU_ASSERT_STRING_EQUAL(role_of(id, heir), "owner");
}

/* An admin becomes the owner, although other members are older. Each event has a number
 * of its own. */
static void
leaving_hands_the_channel_on(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "heirs", true);

	put(&f.bob, &id, &f.guest, NULL);
	put(&f.bob, &id, &f.carol, NULL);
	put(&f.bob, &id, &f.admin, "admin");
	FINE(channel_store_leave(f.pg, &f.bob, &id, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL_FATAL(events.n, 2);
	check_heir(&events.items[0], &id, &f.admin);
	SAME(events.items[0].user, f.bob.user); /* the actor */
	CU_ASSERT_EQUAL(events.items[0].seq, 4);
	CU_ASSERT_EQUAL(events.items[1].kind, EVENT_MEMBER_LEFT);
	CU_ASSERT_EQUAL(events.items[1].seq, 5);

	/* No admin is left. A guest is older, but comes after all other members. */
	FINE(channel_store_leave(f.pg, &f.admin, &id, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL_FATAL(events.n, 2);
	check_heir(&events.items[0], &id, &f.carol);

	/* Another owner is left: no role changes. */
	put(&f.carol, &id, &f.bob, "owner");
	FINE(channel_store_leave(f.pg, &f.carol, &id, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL(events.n, 1);
	CU_ASSERT_STRING_EQUAL(role_of(&id, &f.guest), "member");
}

static void
removing_the_last_owner_hands_the_channel_on(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "removed", false);

	put(&f.bob, &id, &f.carol, NULL);
	FINE(member_store_remove(
	    f.pg, &f.owner, &id, &f.bob.user, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL_FATAL(events.n, 2);
	check_heir(&events.items[0], &id, &f.carol);
	SAME(events.items[0].user, f.owner.user);
}

static void
deactivating_hands_all_channels_on(void)
{
	const struct actor dave = fixture_user(&f, &f.owner, "dave-owns", "member");
	const struct actor erin = fixture_user(&f, &f.owner, "erin-gone", "member");
	struct channel_id ids[3];
	struct user user;

	ids[0] = fixture_channel(&f, &dave, "daves-1", true);
	ids[1] = fixture_channel(&f, &dave, "daves-2", false);
	ids[2] = fixture_channel(&f, &dave, "daves-alone", true);
	put(&dave, &ids[0], &erin, "admin");
	put(&dave, &ids[0], &f.bob, NULL);
	put(&dave, &ids[1], &erin, "owner");
	put(&dave, &ids[1], &f.carol, NULL);
	deactivate(&erin, &user);
	CU_ASSERT_EQUAL(user.handed_on.n, 0); /* dave owns both channels */

	/* erin is an admin of the first channel and an owner of the second, but
	 * deactivated: she neither becomes an owner nor counts as one. */
	deactivate(&dave, &user);
	CU_ASSERT_EQUAL_FATAL(user.handed_on.n, 2);
	check_heir(&user.handed_on.items[0], &ids[0], &f.bob);
	check_heir(&user.handed_on.items[1], &ids[1], &f.carol);
	SAME(user.handed_on.items[0].user, f.owner.user);
	deactivate(&dave, &user); /* again */
	CU_ASSERT_EQUAL(user.handed_on.n, 0);
}

static void
deleting_a_user_hands_channels_on(void)
{
	const struct actor dave = fixture_user(&f, &f.owner, "dave-deleted", "member");
	const struct channel_id id = fixture_channel(&f, &dave, "daves-last", true);
	struct user user;

	put(&dave, &id, &f.bob, NULL);
	FINE(user_store_delete(f.pg, &f.owner, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL_FATAL(user.handed_on.n, 1);
	check_heir(&user.handed_on.items[0], &id, &f.bob);
	FINE(user_store_delete(f.pg, &f.owner, &dave.user, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.handed_on.n, 0);
}

/* A deactivated owner does not count: the last active one can't give up the role. */
static void
a_deactivated_owner_does_not_count(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "ghost-owner", false);
	const struct actor gone = fixture_user(&f, &f.owner, "ghost", "member");
	struct member member;
	struct user user;
	bool added;

	put(&f.bob, &id, &gone, "owner");
	deactivate(&gone, &user);
	REFUSED(f,
	    member_store_put(f.pg, &f.bob, &id, &f.bob.user, "member", f.arena, &member,
		&added, &event, &f.err),
	    ES_LAST_OWNER, NULL);
}

static bool
is_orphan(const struct actor *who, const struct channel_id *id)
{
	const struct channel_id *after = NULL;
	struct channel_page page;
	bool found = false;

	do {
		FINE(channel_store_orphans(f.pg, who, after, 1, f.arena, &page, &f.err));
		if (page.n == 0)
			break;
		found |= strcmp(page.items[0].id.text, id->text) == 0;
		after = &page.items[0].id;
	} while (page.more);
	return found;
}

static void
an_owner_of_the_tenant_takes_over_an_orphaned_channel(void)
{
	const struct actor last = fixture_user(&f, &f.owner, "last-one", "member");
	const struct channel_id empty = fixture_channel(&f, &f.carol, "left", true);
	const struct channel_id gone = fixture_channel(&f, &last, "dead", true);
	struct channel_page page;
	struct user user;

	FINE(channel_store_leave(f.pg, &f.carol, &empty, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL(events.n, 1);
	deactivate(&last, &user);
	CU_ASSERT_TRUE(is_orphan(&f.owner, &empty));
	CU_ASSERT_TRUE(is_orphan(&f.owner, &gone));
	REFUSED(f, channel_store_orphans(f.pg, &f.admin, NULL, 1, f.arena, &page, &f.err),
	    ES_FORBIDDEN, NULL);
	REFUSED(f, take_over(&f.admin, &empty), ES_FORBIDDEN, NULL);
	REFUSED(f, take_over(&f.foreign, &empty), ES_NOT_FOUND, "no such channel");

	FINE(take_over(&f.owner, &empty));
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_JOINED);
	CU_ASSERT_EQUAL(event.seq, 2);
	CU_ASSERT_STRING_EQUAL(channel.role, "owner");
	CU_ASSERT_FALSE(is_orphan(&f.owner, &empty));
	FINE(take_over(&f.owner, &empty)); /* repeated: no event */
	CU_ASSERT_EQUAL(event.seq, 0);
	FINE(take_over(&f.owner, &gone));
}

/* A channel with an active owner can't be taken over. The answer does not reveal a
 * private channel. */
static void
a_channel_with_an_active_owner_can_not_be_taken_over(void)
{
	const struct channel_id open = fixture_channel(&f, &f.bob, "bobs", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "bobs-own", true);

	CU_ASSERT_FALSE(is_orphan(&f.owner, &open));
	CU_ASSERT_FALSE(is_orphan(&f.owner, &closed));
	REFUSED(f, take_over(&f.owner, &open), ES_CONFLICT, NULL);
	REFUSED(f, take_over(&f.owner, &closed), ES_NOT_FOUND, "no such channel");
}

/* Older releases did not hand the channels of a deactivated user on, so a channel may
 * have members but no owner. */
static void
a_member_becomes_the_owner(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "old-orphan", true);
	const char *const params[] = {f.owner.tenant.text, id.text};

	put(&f.bob, &id, &f.owner, NULL);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant,
			    "UPDATE channel_members SET role = 'member'"
			    " WHERE tenant_id = $1 AND channel_id = $2 AND role = 'owner'"
			    " RETURNING 1",
			    params, 2),
	    1);
	FINE(take_over(&f.owner, &id));
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_UPDATED);
	CU_ASSERT_STRING_EQUAL(channel.role, "owner");
}

static CU_TestInfo cases[] = {
    {"leaving hands the channel on", leaving_hands_the_channel_on},
    {"removing the last owner hands the channel on",
	removing_the_last_owner_hands_the_channel_on},
    {"deactivating hands all channels on", deactivating_hands_all_channels_on},
    {"deleting a user hands channels on", deleting_a_user_hands_channels_on},
    {"a deactivated owner does not count", a_deactivated_owner_does_not_count},
    {"an owner of the tenant takes over an orphaned channel",
	an_owner_of_the_tenant_takes_over_an_orphaned_channel},
    {"a channel with an active owner can't be taken over",
	a_channel_with_an_active_owner_can_not_be_taken_over},
    {"the owner of the tenant takes over as a member", a_member_becomes_the_owner},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("ownership_store", cases, f)
