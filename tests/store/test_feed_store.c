/* Feeds of users: which change writes which event, to whose feed, and who may read it. */
#include <string.h>

#include "cunit_main.h"
#include "store/dm_store.h"
#include "store/member_store.h"
#include "store/ownership_store.h"
#include "store/reader_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct channel channel;
static struct event event;
static struct event_list events;

/* The event is the next one of this user's feed. */
static void
is_in_feed(const struct event *ev, const struct actor *whose, enum event_kind kind,
    const char *payload)
{
	static const char head[] =
	    "SELECT last_seq FROM channel_heads WHERE channel_id = $1";
	const char *const params[] = {whose->user.text};

	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	CU_ASSERT_EQUAL(ev->kind, kind);
	CU_ASSERT_STRING_EQUAL(ev->channel.text, whose->user.text);
	CU_ASSERT_STRING_EQUAL(ev->tenant.text, whose->tenant.text);
	CU_ASSERT_PTR_NOT_NULL(strstr(ev->payload, payload));
	CU_ASSERT_TRUE(ev->created_ms > 0);
	CU_ASSERT_EQUAL(fixture_number(&f, &whose->tenant, head, params, 1), ev->seq);
}

static int64_t
head_of(const struct actor *whose)
{
	static const char head[] = "SELECT COALESCE(max(last_seq), 0) FROM channel_heads"
				   " WHERE channel_id = $1";
	const char *const params[] = {whose->user.text};

	return fixture_number(&f, &whose->tenant, head, params, 1);
}

static void
put(const struct channel_id *id, const struct actor *user, const char *role)
{
	struct member member;
	bool added;

	FINE(member_store_put(f.pg, &f.owner, id, &user->user, role, f.arena, &member,
	    &added, &event, &f.err));
}

static void
members_are_added_and_removed(void)
{
	const struct channel_id id = fixture_channel(&f, &f.owner, "secret", true);
	const int64_t before = head_of(&f.bob);

	put(&id, &f.bob, NULL);
	CU_ASSERT_EQUAL(event.kind, EVENT_MEMBER_JOINED);
	is_in_feed(event.feed, &f.bob, EVENT_CHANNEL_ADDED, "\"name\": \"secret\"");
	CU_ASSERT_PTR_NOT_NULL(strstr(event.feed->payload, id.text));
	CU_ASSERT_PTR_NOT_NULL(strstr(event.feed->payload, "\"isPrivate\": true"));
	SAME(event.feed->user, f.owner.user);
	CU_ASSERT_PTR_NULL(event.feed->feed);
	CU_ASSERT_EQUAL(event.feed->seq, before + 1);
	put(&id, &f.bob, "admin"); /* a new role is no event of the feed */
	CU_ASSERT_PTR_NULL(event.feed);
	FINE(member_store_remove(
	    f.pg, &f.owner, &id, &f.bob.user, f.arena, &events, &f.err));
	is_in_feed(
	    events.items[0].feed, &f.bob, EVENT_CHANNEL_REMOVED, "\"code\": \"removed\"");
	put(&id, &f.bob, NULL);
	FINE(member_store_remove(
	    f.pg, &f.bob, &id, &f.bob.user, f.arena, &events, &f.err));
	is_in_feed(
	    events.items[0].feed, &f.bob, EVENT_CHANNEL_REMOVED, "\"code\": \"left\"");
	CU_ASSERT_EQUAL(head_of(&f.bob), before + 4);
}

/* A removal from a public channel is a ban, and so is a ban of a user who is no member.
 * A user who joins by itself learns that on its other sockets. */
static void
bans_and_joins(void)
{
	const struct channel_id id = fixture_channel(&f, &f.owner, "open", false);

	FINE(channel_store_join(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	is_in_feed(event.feed, &f.bob, EVENT_CHANNEL_ADDED, "\"isPrivate\": false");
	FINE(member_store_remove(
	    f.pg, &f.owner, &id, &f.bob.user, f.arena, &events, &f.err));
	is_in_feed(
	    events.items[0].feed, &f.bob, EVENT_CHANNEL_REMOVED, "\"code\": \"banned\"");
	FINE(member_store_ban(
	    f.pg, &f.owner, &id, &f.carol.user, f.arena, &events, &f.err));
	is_in_feed(events.items[0].feed, &f.carol, EVENT_CHANNEL_REMOVED,
	    "\"code\": \"banned\"");
	FINE(member_store_ban(
	    f.pg, &f.owner, &id, &f.carol.user, f.arena, &events, &f.err));
	CU_ASSERT_EQUAL(events.n, 0); /* banned already */
}

static void
channels_are_created_and_taken_over(void)
{
	const struct channel_new in = {.name = "mine"};
	const struct actor author = fixture_user(&f, &f.owner, "Author", "member");

	FINE(channel_store_create(f.pg, &author, &in, f.arena, &channel, &f.err));
	is_in_feed(channel.feed, &author, EVENT_CHANNEL_ADDED, "\"kind\": \"channel\"");
	CU_ASSERT_EQUAL(channel.feed->seq, 1);
	const char *const params[] = {author.user.text};

	CU_ASSERT_EQUAL(fixture_owner_number(&f, &f.owner.tenant,
			    "UPDATE users SET status = 'deactivated' WHERE id = $1"
			    " RETURNING 1",
			    params, 1),
	    1);
	const struct channel_id id = channel.id;

	FINE(ownership_store_take_over(
	    f.pg, &f.owner, &id, f.arena, &channel, &event, &f.err));
	is_in_feed(event.feed, &f.owner, EVENT_CHANNEL_ADDED, "\"name\": \"mine\"");
}

static void
each_person_of_a_group_gets_an_event(void)
{
	const struct user_id people[] = {f.carol.user, f.bob.user};
	const struct dm_new in = {.people = people, .n = 2};
	const int64_t before = head_of(&f.carol);
	const struct event *ev;
	bool created;
	unsigned n = 0;

	FINE(dm_store_open(f.pg, &f.owner, &in, f.arena, &channel, &created, &f.err));
	for (ev = channel.feed; ev != NULL; ev = ev->feed, n++) {
		const struct actor *whose =
		    strcmp(ev->channel.text, f.bob.user.text) == 0     ? &f.bob
		    : strcmp(ev->channel.text, f.carol.user.text) == 0 ? &f.carol
								       : &f.owner;

		is_in_feed(ev, whose, EVENT_DM_OPENED, "\"kind\": \"group\"");
		CU_ASSERT_PTR_NOT_NULL(strstr(ev->payload, f.bob.user.text));
		CU_ASSERT_PTR_NOT_NULL(strstr(ev->payload, channel.id.text));
	}
	CU_ASSERT_EQUAL(n, 3);
	FINE(dm_store_open(f.pg, &f.bob,
	    &(struct dm_new){
		.people = (struct user_id[]){f.carol.user, f.owner.user}, .n = 2},
	    f.arena, &channel, &created, &f.err));
	CU_ASSERT_FALSE(created);
	CU_ASSERT_PTR_NULL(channel.feed);
	CU_ASSERT_EQUAL(head_of(&f.carol), before + 1);
}

static bool
may_read(const struct actor *who, const char *feed, struct rights_row *row)
{
	struct rights_key key = {.tenant = who->tenant, .user = who->user};
	struct pg_rows rows;

	CU_ASSERT_EQUAL(channel_id_parse(feed, &key.channel, &f.err), ES_OK);
	FINE(pg_run(f.pg, NULL, &reader_store_rights,
	    reader_store_rights_params(f.arena, &key, 1), f.arena, &rows, &f.err));
	return pg_next(&rows, f.arena, row);
}

static void
only_its_user_reads_a_feed(void)
{
	const struct actor fresh = fixture_user(&f, &f.owner, "Fresh", "guest");
	const char *const post[] = {f.bob.tenant.text, f.bob.user.text, f.bob.user.text};
	struct rights_row row;
	struct pg_rows rows;

	CU_ASSERT_TRUE(may_read(&f.bob, f.bob.user.text, &row));
	CU_ASSERT_EQUAL(row.head, head_of(&f.bob));
	CU_ASSERT_FALSE(row.may_post);
	CU_ASSERT_TRUE(row.is_private && row.is_member && !row.archived);
	CU_ASSERT_TRUE(may_read(&fresh, fresh.user.text, &row));
	CU_ASSERT_EQUAL(row.head, 0); /* no event yet, so no head */
	CU_ASSERT_FALSE(may_read(&f.carol, f.bob.user.text, &row));
	CU_ASSERT_FALSE(may_read(&f.owner, f.bob.user.text, &row));
	CU_ASSERT_FALSE(may_read(&f.foreign, f.bob.user.text, &row));
	/* REST does not find it either */
	FINE(pg_run(
	    f.pg, &f.bob.tenant, &reader_store_post_right, post, f.arena, &rows, &f.err));
	CU_ASSERT_EQUAL(rows.count, 0);
}

static void
a_feed_is_paged_like_a_channel(void)
{
	struct channel_id feed;
	struct event_page page;
	struct pg_rows rows;
	const int64_t head = head_of(&f.bob);

	CU_ASSERT_EQUAL(channel_id_parse(f.bob.user.text, &feed, &f.err), ES_OK);
	FINE(pg_run(f.pg, &f.bob.tenant, &reader_store_page,
	    reader_store_page_params(f.arena, &f.bob.tenant, &feed, 1, head, 50), f.arena,
	    &rows, &f.err));
	FINE(reader_store_page_read(
	    &rows, &f.bob.tenant, &feed, 1, head, 50, f.arena, &page, &f.err));
	CU_ASSERT_EQUAL(page.n, (size_t)(head - 1));
	CU_ASSERT_EQUAL(page.events[0].seq, 2);
	CU_ASSERT_EQUAL(page.events[0].kind, EVENT_CHANNEL_REMOVED);
	CU_ASSERT_EQUAL(page.head, head);
	/* a foreign tenant sees nothing */
	FINE(pg_run(f.pg, &f.foreign.tenant, &reader_store_page,
	    reader_store_page_params(f.arena, &f.foreign.tenant, &feed, 0, head, 50),
	    f.arena, &rows, &f.err));
	CU_ASSERT_EQUAL(rows.count, 0);
}

/* The event is the next one of the tenant's feed. */
static void
is_told(const struct event *ev, enum event_kind kind, const char *payload)
{
	static const char head[] =
	    "SELECT last_seq FROM channel_heads WHERE channel_id = $1";
	const char *const params[] = {f.owner.tenant.text};

	CU_ASSERT_PTR_NOT_NULL_FATAL(ev);
	CU_ASSERT_EQUAL(ev->kind, kind);
	CU_ASSERT_STRING_EQUAL(ev->channel.text, f.owner.tenant.text);
	CU_ASSERT_PTR_NOT_NULL(strstr(ev->payload, payload));
	CU_ASSERT_PTR_NULL(ev->feed);
	CU_ASSERT_EQUAL(fixture_number(&f, &f.owner.tenant, head, params, 1), ev->seq);
}

static void
patch(const struct channel_id *id, const char *name, const bool *is_private)
{
	const struct channel_patch change = {.name = name, .is_private = is_private};

	FINE(channel_store_patch(
	    f.pg, &f.owner, id, &change, f.arena, &channel, &event, &f.err));
}

static void
public_channels_are_told_to_the_tenant(void)
{
	static const bool yes = true, no = false;
	const struct channel_new in = {.name = "told"};

	FINE(channel_store_create(f.pg, &f.owner, &in, f.arena, &channel, &f.err));
	is_told(channel.feed->feed, EVENT_CHANNEL_CREATED, "\"name\": \"told\"");
	const struct channel_id id = channel.id;

	patch(&id, "told again", NULL);
	is_told(event.feed, EVENT_CHANNEL_UPDATED, "\"name\": \"told again\"");
	patch(&id, "told again", NULL);
	CU_ASSERT_PTR_NULL(event.feed); /* nothing has changed */
	patch(&id, "for members", &yes);
	is_told(event.feed, EVENT_CHANNEL_UPDATED, "\"isPrivate\": true");
	CU_ASSERT_PTR_NULL(strstr(event.feed->payload, "for members"));
	patch(&id, "more for members", NULL);
	CU_ASSERT_PTR_NULL(event.feed);
	FINE(channel_store_archive(
	    f.pg, &f.owner, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_PTR_NULL(event.feed);
	FINE(channel_store_unarchive(
	    f.pg, &f.owner, &id, f.arena, &channel, &event, &f.err));
	CU_ASSERT_PTR_NULL(event.feed);
	patch(&id, NULL, &no);
	is_told(event.feed, EVENT_CHANNEL_UPDATED, "\"isPrivate\": false");
	CU_ASSERT_PTR_NOT_NULL(strstr(event.feed->payload, "more for members"));
	FINE(channel_store_archive(
	    f.pg, &f.owner, &id, f.arena, &channel, &event, &f.err));
	is_told(event.feed, EVENT_CHANNEL_ARCHIVED, "\"archived\": true");
	FINE(channel_store_unarchive(
	    f.pg, &f.owner, &id, f.arena, &channel, &event, &f.err));
	is_told(event.feed, EVENT_CHANNEL_UPDATED, "\"archived\": false");
	FINE(channel_store_delete(f.pg, &f.owner, &id, f.arena, &event, &f.err));
	is_told(event.feed, EVENT_CHANNEL_DELETED, id.text);
	const struct channel_id hidden = fixture_channel(&f, &f.owner, "hidden", true);

	FINE(channel_store_delete(f.pg, &f.owner, &hidden, f.arena, &event, &f.err));
	CU_ASSERT_PTR_NULL(event.feed);
}

static void
users_are_told_to_the_tenant(void)
{
	const struct user_new in = {
	    .email = "told@example.com", .display_name = "Told", .role = "member"};
	struct user_patch change = {.display_name = "Told Again"};
	struct user user;

	FINE(user_store_create(f.pg, &f.owner, &in, f.arena, &user, &f.err));
	is_told(user.feed, EVENT_USER_JOINED, "\"displayName\": \"Told\"");
	const struct user_id id = user.id;

	FINE(user_store_patch(f.pg, &f.owner, &id, &change, f.arena, &user, &f.err));
	is_told(user.feed, EVENT_USER_UPDATED, "\"displayName\": \"Told Again\"");
	change = (struct user_patch){.email = "told.again@example.com"};
	FINE(user_store_patch(f.pg, &f.owner, &id, &change, f.arena, &user, &f.err));
	CU_ASSERT_PTR_NULL(user.feed); /* the address is not for all */
	FINE(user_store_deactivate(f.pg, &f.owner, &id, f.arena, &user, &f.err));
	is_told(user.feed, EVENT_USER_DEACTIVATED, "\"status\": \"deactivated\"");
	FINE(user_store_deactivate(f.pg, &f.owner, &id, f.arena, &user, &f.err));
	CU_ASSERT_PTR_NULL(user.feed);
	FINE(user_store_reactivate(f.pg, &f.owner, &id, f.arena, &user, &f.err));
	is_told(user.feed, EVENT_USER_UPDATED, "\"status\": \"active\"");
	FINE(user_store_delete(f.pg, &f.owner, &id, f.arena, &user, &f.err));
	is_told(user.feed, EVENT_USER_DEACTIVATED, "\"status\": \"deleted\"");
	CU_ASSERT_PTR_NULL(strstr(user.feed->payload, "Told"));
}

static CU_TestInfo cases[] = {
    {"members are added and removed", members_are_added_and_removed},
    {"bans and joins", bans_and_joins},
    {"channels are created and taken over", channels_are_created_and_taken_over},
    {"each person of a group gets an event", each_person_of_a_group_gets_an_event},
    {"only its user reads a feed", only_its_user_reads_a_feed},
    {"public channels are told to the tenant", public_channels_are_told_to_the_tenant},
    {"users are told to the tenant", users_are_told_to_the_tenant},
    {"a feed is paged like a channel", a_feed_is_paged_like_a_channel},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("feed_store", cases, f)
