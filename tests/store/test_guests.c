/* A guest sees only the channels that it is a member of, public or private. */
#include <string.h>

#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/channel_store.h"
#include "store/member_store.h"
#include "store/message_store.h"
#include "store/read_mark_store.h"
#include "store/reader_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

static bool
may_read(const struct actor *who, const struct channel_id *id)
{
	const struct rights_key right = {who->tenant, who->user, *id};
	struct pg_rows rows;

	FINE(pg_run(f.pg, NULL, &reader_store_rights,
	    reader_store_rights_params(f.arena, &right, 1), f.arena, &rows, &f.err));
	return rows.count == 1;
}

static enum es_code
mark_read(const struct actor *who, const struct channel_id *id)
{
	const struct read_mark_ask ask = {
	    .tenant = who->tenant, .channel = *id, .user = who->user, .id = 1};
	struct read_mark_answer answer;
	struct pg_rows rows;

	FINE(pg_run(f.pg, NULL, &read_mark_store_many,
	    read_mark_store_many_params(f.arena, &ask, 1), f.arena, &rows, &f.err));
	read_mark_store_many_read(&rows, 1, f.arena, &answer);
	return answer.rc;
}

static size_t
count_listed(const struct actor *who)
{
	struct channel_page page;

	FINE(channel_store_list(
	    f.pg, who, &(struct channel_filter){0}, NULL, 200, f.arena, &page, &f.err));
	return page.n;
}

static void
a_guest_does_not_see_public_channels(void)
{
	const struct message_query latest = {.where = MESSAGES_LATEST, .limit = 10};
	const struct channel_id id = fixture_channel(&f, &f.bob, "square", false);
	struct message_page messages;
	struct member_page members;
	struct channel channel;
	struct event event;

	FINE(channel_store_get(f.pg, &f.carol, &id, f.arena, &channel, &f.err));
	REFUSED(f, channel_store_get(f.pg, &f.guest, &id, f.arena, &channel, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f,
	    channel_store_join(f.pg, &f.guest, &id, f.arena, &channel, &event, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f,
	    message_store_page(f.pg, &f.guest, &id, &latest, f.arena, &messages, &f.err),
	    ES_NOT_FOUND, "no such channel");
	REFUSED(f,
	    member_store_list(f.pg, &f.guest, &id, NULL, 10, f.arena, &members, &f.err),
	    ES_NOT_FOUND, "no such channel");
	CU_ASSERT_EQUAL(count_listed(&f.guest), 0);
	CU_ASSERT_EQUAL(count_listed(&f.carol), 1);
	CU_ASSERT_FALSE(may_read(&f.guest, &id));
	CU_ASSERT_TRUE(may_read(&f.carol, &id));
	CU_ASSERT_EQUAL(mark_read(&f.guest, &id), ES_NOT_FOUND);
	CU_ASSERT_EQUAL(mark_read(&f.carol, &id), ES_FORBIDDEN);
}

/* A send to a public channel makes a user a member, unless the user is a guest. */
static void
a_guest_does_not_become_a_member_by_sending(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "doorstep", false);
	const struct outcome refused = fixture_send(&f, &f.guest, &id, "k", "hello");
	struct member_page members;

	CU_ASSERT_EQUAL(refused.result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(refused.code, ES_NOT_FOUND);
	CU_ASSERT_EQUAL(
	    fixture_send(&f, &f.carol, &id, "k", "hello").result, OUTCOME_COMMITTED);
	FINE(member_store_list(f.pg, &f.bob, &id, NULL, 10, f.arena, &members, &f.err));
	CU_ASSERT_EQUAL(members.n, 2);
}

static void
a_guest_uses_a_channel_of_which_it_is_a_member(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "parlour", false);
	struct channel channel;
	struct member member;
	struct event_list events;
	struct event event;
	bool added;

	FINE(member_store_put(f.pg, &f.bob, &id, &f.guest.user, NULL, f.arena, &member,
	    &added, &event, &f.err));
	CU_ASSERT_TRUE(added);
	FINE(channel_store_get(f.pg, &f.guest, &id, f.arena, &channel, &f.err));
	CU_ASSERT_EQUAL(count_listed(&f.guest), 1);
	CU_ASSERT_TRUE(may_read(&f.guest, &id));
	CU_ASSERT_EQUAL(
	    fixture_send(&f, &f.guest, &id, "k", "hello").result, OUTCOME_COMMITTED);
	CU_ASSERT_EQUAL(mark_read(&f.guest, &id), ES_OK);
	FINE(channel_store_leave(f.pg, &f.guest, &id, f.arena, &events, &f.err));
	CU_ASSERT_FALSE(may_read(&f.guest, &id));
}

static CU_TestInfo cases[] = {
    {"a guest does not see public channels", a_guest_does_not_see_public_channels},
    {"a guest does not become a member by sending",
	a_guest_does_not_become_a_member_by_sending},
    {"a guest uses a channel of which it is a member",
	a_guest_uses_a_channel_of_which_it_is_a_member},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("guests", cases, f)
