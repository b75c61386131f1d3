#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/tenant_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static struct event event;
static struct event_list events;

static void
creates_with_an_owner_and_a_head(void)
{
	const struct channel_new in = {.name = "general", .topic = "All of it"};

	FINE(channel_store_create(f.pg, &f.bob, &in, f.arena, &channel, &f.err));
	CU_ASSERT_STRING_EQUAL(channel.name, "general");
	CU_ASSERT_STRING_EQUAL(channel.topic, "All of it");
	CU_ASSERT_STRING_EQUAL(channel.kind, "channel");
	CU_ASSERT_STRING_EQUAL(channel.role, "owner");
	SAME(channel.created_by, f.bob.user);
	CU_ASSERT_FALSE(channel.is_private);
	CU_ASSERT_EQUAL(channel.seq, 0);
	CU_ASSERT_EQUAL(channel.last_message_id, 0);
	CU_ASSERT_EQUAL(channel.archived_ms, 0);
	CU_ASSERT_TRUE(clock_wall_ms() - channel.created_ms < 60000);
	REFUSED(f, channel_store_create(f.pg, &f.guest, &in, f.arena, &channel, &f.err),
	    ES_FORBIDDEN, NULL);
}

static void
a_name_is_unique_within_its_tenant(void)
{
	const struct channel_new in = {.name = "Taken"}, other = {.name = "tAKEN"};

	FINE(channel_store_create(f.pg, &f.bob, &in, f.arena, &channel, &f.err));
	REFUSED(f,
	    channel_store_create(f.pg, &f.carol, &other, f.arena, &channel, &f.err),
	    ES_NAME_TAKEN, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "name");
	FINE(channel_store_create(f.pg, &f.foreign, &other, f.arena, &channel, &f.err));
}

static void
refuses_a_channel_beyond_max_channels(void)
{
	struct tenant tenant;
	struct tenant_patch patch = {.max_messages_per_second = -1};

	FINE(tenant_store_get(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	patch.max_channels = tenant.channel_count + 1;
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &patch, f.arena, &tenant, &f.err));
	FINE(channel_store_create(f.pg, &f.foreign, &(struct channel_new){.name = "last"},
	    f.arena, &channel, &f.err));
	REFUSED(f,
	    channel_store_create(f.pg, &f.foreign, &(struct channel_new){.name = "over"},
		f.arena, &channel, &f.err),
	    ES_QUOTA_EXCEEDED, NULL);
	patch.max_channels = TENANT_NO_LIMIT;
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &patch, f.arena, &tenant, &f.err));
	FINE(channel_store_create(f.pg, &f.foreign, &(struct channel_new){.name = "over"},
	    f.arena, &channel, &f.err));
	patch.max_channels = 1000;
	FINE(tenant_store_patch(
	    f.pg, &f.foreign.tenant, &patch, f.arena, &tenant, &f.err));
	/* A failed creation gives its quota back. */
	REFUSED(f,
	    channel_store_create(f.pg, &f.foreign, &(struct channel_new){.name = "LAST"},
		f.arena, &channel, &f.err),
	    ES_NAME_TAKEN, NULL);
	FINE(tenant_store_get(f.pg, &f.foreign.tenant, f.arena, &tenant, &f.err));
	CU_ASSERT_EQUAL(
	    tenant.channel_count, fixture_number(&f, &f.foreign.tenant,
				      "SELECT count(*) FROM channels WHERE tenant_id = $1"
				      " AND archived_at IS NULL",
				      (const char *const[]){f.foreign.tenant.text}, 1));
}

/* A member's limit counts archived channels, but no deleted ones. Owners and admins of
 * the tenant have no limit. */
static void
a_user_can_create_a_limited_number_of_channels(void)
{
	const struct actor maker = fixture_user(&f, &f.owner, "maker", "member");
	struct channel_new in = {.name = "made-1", .user_max = 2};
	struct channel_id first;

	FINE(channel_store_create(f.pg, &maker, &in, f.arena, &channel, &f.err));
	first = channel.id;
	in.name = "made-2";
	FINE(channel_store_create(f.pg, &maker, &in, f.arena, &channel, &f.err));
	in.name = "made-3";
	REFUSED(f, channel_store_create(f.pg, &maker, &in, f.arena, &channel, &f.err),
	    ES_QUOTA_EXCEEDED, "you have created 2 channels, the limit of a user");
	FINE(channel_store_archive(
	    f.pg, &maker, &first, f.arena, &channel, &event, &f.err));
	REFUSED(f, channel_store_create(f.pg, &maker, &in, f.arena, &channel, &f.err),
	    ES_QUOTA_EXCEEDED, NULL);
	FINE(channel_store_delete(f.pg, &maker, &first, f.arena, &event, &f.err));
	FINE(channel_store_create(f.pg, &maker, &in, f.arena, &channel, &f.err));
	for (int i = 0; i < 3; i++) {
		in.name = arena_printf(f.arena, "admin-made-%d", i);
		FINE(
		    channel_store_create(f.pg, &f.admin, &in, f.arena, &channel, &f.err));
	}
}

static void
all_users_see_a_public_channel_members_a_private_one(void)
{
	const struct channel_id open = fixture_channel(&f, &f.bob, "open", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "closed", true);

	FINE(channel_store_get(f.pg, &f.carol, &open, f.arena, &channel, &f.err));
	CU_ASSERT_PTR_NULL(channel.role);
	FINE(channel_store_get(f.pg, &f.bob, &closed, f.arena, &channel, &f.err));
	CU_ASSERT_TRUE(channel.is_private);
	REFUSED(f, channel_store_get(f.pg, &f.carol, &closed, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f, channel_store_get(f.pg, &f.owner, &closed, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
}

/* Calls each function with a channel of another tenant and with an unknown channel. */
static void
a_foreign_channel_is_unknown(void)
{
	struct channel_id ids[2] = {fixture_channel(&f, &f.foreign, "foreign", false)};
	const struct channel_patch patch = {.topic = "x"};

	uuid_new(ids[1].text);
	for (size_t i = 0; i < 2; i++) {
		REFUSED(f,
		    channel_store_get(f.pg, &f.owner, &ids[i], f.arena, &channel, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    channel_store_patch(f.pg, &f.owner, &ids[i], &patch, f.arena,
			&channel, &event, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    channel_store_archive(
			f.pg, &f.owner, &ids[i], f.arena, &channel, &event, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    channel_store_unarchive(
			f.pg, &f.owner, &ids[i], f.arena, &channel, &event, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    channel_store_join(
			f.pg, &f.owner, &ids[i], f.arena, &channel, &event, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    channel_store_leave(
			f.pg, &f.owner, &ids[i], f.arena, &events, &f.err),
		    ES_NOT_FOUND, "no such channel");
	}
}

static void
lists_the_visible_channels(void)
{
	const struct actor reader = fixture_user(&f, &f.owner, "reader", "member");
	const struct channel_id mine = fixture_channel(&f, &reader, "reader-own", true);
	const struct channel_id *after = NULL;
	struct channel_page page;
	bool own = false, closed = false;
	size_t n = 0;

	do {
		FINE(channel_store_list(f.pg, &reader, &(struct channel_filter){0}, after,
		    2, f.arena, &page, &f.err));
		for (size_t i = 0; i < page.n; i++) {
			after = &page.items[i].id;
			own = own || strcmp(after->text, mine.text) == 0;
			closed = closed || strcmp(page.items[i].name, "closed") == 0;
		}
		n += page.n;
	} while (page.more);
	CU_ASSERT_TRUE(own);
	CU_ASSERT_FALSE(closed);
	CU_ASSERT_TRUE(n > 2);
	FINE(channel_store_list(f.pg, &reader,
	    &(struct channel_filter){.member_only = true}, NULL, 200, f.arena, &page,
	    &f.err));
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	SAME(page.items[0].id, mine);
	CU_ASSERT_FALSE(page.more);
}

static void
a_patch_makes_an_event(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "patched", false);
	const struct channel_patch topic = {.name = "patched", .topic = "New"};
	const struct channel_patch name = {.name = "general"};

	FINE(channel_store_patch(
	    f.pg, &f.bob, &id, &topic, f.arena, &channel, &event, &f.err));
	CU_ASSERT_STRING_EQUAL(channel.topic, "New");
	CU_ASSERT_EQUAL(channel.seq, 1);
	CU_ASSERT_EQUAL(event.kind, EVENT_CHANNEL_UPDATED);
	CU_ASSERT_EQUAL(event.seq, 1);
	CU_ASSERT_STRING_EQUAL(event.payload, "{\"topic\": \"New\"}");
	CU_ASSERT_STRING_EQUAL(event.display_name, "Bob");
	SAME(event.user, f.bob.user);
	SAME(event.channel, id);
	SAME(event.tenant, f.bob.tenant);
	CU_ASSERT_TRUE(event.created_ms > 0);

	FINE(channel_store_patch(
	    f.pg, &f.bob, &id, &topic, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(event.seq, 0); /* unchanged */
	REFUSED(f,
	    channel_store_patch(
		f.pg, &f.bob, &id, &name, f.arena, &channel, &event, &f.err),
	    ES_NAME_TAKEN, NULL);
	REFUSED(f,
	    channel_store_patch(
		f.pg, &f.carol, &id, &topic, f.arena, &channel, &event, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(channel_store_patch(f.pg, &f.admin, &id,
	    &(struct channel_patch){.name = "renamed"}, f.arena, &channel, &event,
	    &f.err));
	CU_ASSERT_STRING_EQUAL(channel.name, "renamed");
	CU_ASSERT_EQUAL(event.seq, 2);
}

static void
archives_and_restores_a_channel(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "old", false);
	const struct channel_patch patch = {.topic = "x"};

	REFUSED(f,
	    channel_store_archive(f.pg, &f.carol, &id, f.arena, &channel, &event, &f.err),
	    ES_FORBIDDEN, NULL);
	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(event.kind, EVENT_CHANNEL_ARCHIVED);
	CU_ASSERT_EQUAL(event.seq, 1);
	CU_ASSERT_TRUE(channel.archived_ms > 0);
	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(event.seq, 0);
	CU_ASSERT_EQUAL(
	    fixture_send(&f, &f.bob, &id, NULL, "late").code, ES_CHANNEL_ARCHIVED);
	REFUSED(f,
	    channel_store_join(f.pg, &f.carol, &id, f.arena, &channel, &event, &f.err),
	    ES_CHANNEL_ARCHIVED, NULL);
	REFUSED(f,
	    channel_store_patch(
		f.pg, &f.bob, &id, &patch, f.arena, &channel, &event, &f.err),
	    ES_CHANNEL_ARCHIVED, NULL);

	FINE(channel_store_unarchive(
	    f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(event.kind, EVENT_CHANNEL_UPDATED);
	CU_ASSERT_STRING_EQUAL(event.payload, "{\"archived\": false}");
	CU_ASSERT_EQUAL(channel.archived_ms, 0);
	CU_ASSERT_EQUAL(channel.seq, 2);
	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, NULL, "again").message_id, 3);
	FINE(channel_store_get(f.pg, &f.bob, &id, f.arena, &channel, &f.err));
	CU_ASSERT_EQUAL(channel.last_message_id, 3);
}

static enum es_code
patch(const struct actor *who, const struct channel_id *id, const struct channel_patch *p)
{
	return channel_store_patch(f.pg, who, id, p, f.arena, &channel, &event, &f.err);
}

static void
makes_a_channel_private_and_public(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "turning", false);
	const bool yes = true, no = false;
	const struct channel_patch closed = {.is_private = &yes};
	const struct channel_patch open = {.is_private = &no};

	REFUSED(f, patch(&f.carol, &id, &closed), ES_FORBIDDEN, NULL);
	/* The tenant's owner is no member and would lose sight of the channel. */
	REFUSED(f, patch(&f.owner, &id, &closed), ES_FORBIDDEN, NULL);
	CU_ASSERT_STRING_EQUAL(f.err.field, "isPrivate");
	FINE(patch(&f.bob, &id, &closed));
	CU_ASSERT_TRUE(channel.is_private);
	CU_ASSERT_EQUAL(event.kind, EVENT_CHANNEL_UPDATED);
	CU_ASSERT_EQUAL(event.seq, 1);
	CU_ASSERT_STRING_EQUAL(event.payload, "{\"isPrivate\": true}");
	REFUSED(f, channel_store_get(f.pg, &f.carol, &id, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
	FINE(patch(&f.bob, &id, &closed)); /* changes nothing */
	CU_ASSERT_EQUAL(event.seq, 0);
	FINE(patch(&f.bob, &id, &open));
	CU_ASSERT_STRING_EQUAL(event.payload, "{\"isPrivate\": false}");
	FINE(channel_store_get(f.pg, &f.carol, &id, f.arena, &channel, &f.err));
}

static void
with_the_policy_admins_only_admins_post(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "news", false);
	const struct channel_patch admins = {.posting_policy = "admins"};
	const struct channel_patch everyone = {.posting_policy = "everyone"};

	FINE(channel_store_get(f.pg, &f.bob, &id, f.arena, &channel, &f.err));
	CU_ASSERT_STRING_EQUAL(channel.posting_policy, "everyone");
	FINE(patch(&f.bob, &id, &admins));
	CU_ASSERT_STRING_EQUAL(channel.posting_policy, "admins");
	CU_ASSERT_STRING_EQUAL(event.payload, "{\"postingPolicy\": \"admins\"}");
	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, NULL, "x").code, ES_OK);
	CU_ASSERT_EQUAL(fixture_send(&f, &f.admin, &id, NULL, "x").code, ES_OK);
	CU_ASSERT_EQUAL(fixture_send(&f, &f.carol, &id, NULL, "x").code, ES_FORBIDDEN);
	FINE(channel_store_get(f.pg, &f.carol, &id, f.arena, &channel, &f.err));
	CU_ASSERT_PTR_NULL(channel.role); /* a refused send does not join */
	FINE(patch(&f.bob, &id, &everyone));
	CU_ASSERT_EQUAL(fixture_send(&f, &f.carol, &id, NULL, "x").code, ES_OK);
}

static void
joins_and_leaves(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "door", false);
	const struct channel_id closed = fixture_channel(&f, &f.bob, "no-door", true);

	FINE(channel_store_join(f.pg, &f.carol, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_STRING_EQUAL(channel.role, "member");
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_JOINED);
	CU_ASSERT_EQUAL(event.seq, 1);
	CU_ASSERT_PTR_NOT_NULL(strstr(event.payload, f.carol.user.text));
	FINE(channel_store_join(f.pg, &f.carol, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_EQUAL(event.seq, 0);
	FINE(channel_store_leave(f.pg, &f.carol, &id, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL(events.items[0].kind, EVENT_MEMBER_LEFT);
	CU_ASSERT_EQUAL(events.items[0].seq, 2);
	FINE(channel_store_leave(f.pg, &f.carol, &id, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL(events.n, 0);
	REFUSED(f,
	    channel_store_join(
		f.pg, &f.carol, &closed, f.arena, &channel, &event, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f, channel_store_leave(f.pg, &f.carol, &closed, f.arena, &events, &f.err),
	    ES_NOT_FOUND, "no such channel");
}

static CU_TestInfo cases[] = {
    {"creates with an owner and a head", creates_with_an_owner_and_a_head},
    {"a name is unique within its tenant", a_name_is_unique_within_its_tenant},
    {"refuses a channel beyond max_channels", refuses_a_channel_beyond_max_channels},
    {"a user can create a limited number of channels",
	a_user_can_create_a_limited_number_of_channels},
    {"all users see a public channel, members a private one",
	all_users_see_a_public_channel_members_a_private_one},
    {"a foreign channel is unknown", a_foreign_channel_is_unknown},
    {"lists the visible channels", lists_the_visible_channels},
    {"a patch makes an event", a_patch_makes_an_event},
    {"archives and restores a channel", archives_and_restores_a_channel},
    {"makes a channel private and public", makes_a_channel_private_and_public},
    {"with the policy admins only admins post", with_the_policy_admins_only_admins_post},
    {"joins and leaves", joins_and_leaves},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("channel_store", cases, f)
