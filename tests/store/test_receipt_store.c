/* Who has read a message, and who may see it. */
#include <string.h>

#include "async_loop.h"
#include "cunit_main.h"
#include "store/member_store.h"
#include "store/principal_store.h"
#include "store/read_mark_store.h"
#include "store/receipt_store.h"
#include "store/tenant_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct actor dan, eve;

static void
add(const struct channel_id *id, const struct actor *who)
{
	struct member member;
	struct event event;
	bool added;

	FINE(member_store_put(f.pg, &f.bob, id, &who->user, NULL, f.arena, &member,
	    &added, &event, &f.err));
}

/* Members: bob, carol, dan, eve. */
static struct channel_id
channel_of_four(const char *name)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, name, true);

	if (dan.tenant.text[0] == '\0') {
		dan = fixture_user(&f, &f.owner, "dan", "member");
		eve = fixture_user(&f, &f.owner, "eve", "member");
	}
	add(&id, &f.carol);
	add(&id, &dan);
	add(&id, &eve);
	return id;
}

static int64_t
send(const struct actor *who, const struct channel_id *id)
{
	return fixture_send(&f, who, id, NULL, "x").message_id;
}

static struct read_mark
mark(const struct actor *who, const struct channel_id *id, int64_t at)
{
	struct read_mark out;

	FINE(read_mark_store_read(f.pg, who, id, at, f.arena, &out, &f.err));
	return out;
}

static enum es_code
readers(const struct actor *who, const struct channel_id *id, int64_t message,
    int64_t max, struct reader_page *out)
{
	return receipt_store_readers(
	    f.pg, who, id, message, max, NULL, 50, f.arena, out, &f.err);
}

static bool
reads(const struct reader_page *page, const struct actor *who)
{
	for (size_t i = 0; i < page->n; i++)
		if (strcmp(page->items[i].user.text, who->user.text) == 0)
			return true;
	return false;
}

static void
switch_user(const struct actor *who, bool on)
{
	const struct user_patch patch = {.read_receipts = &on};
	struct user user;

	FINE(user_store_patch(f.pg, who, &who->user, &patch, f.arena, &user, &f.err));
	CU_ASSERT_EQUAL(user.read_receipts, on);
	CU_ASSERT_TRUE(user.acl_version > 0);
}

static void
switch_tenant(const char *settings)
{
	const struct tenant_patch patch = {
	    .max_channels = -1, .max_messages_per_second = -1, .settings = settings};
	struct tenant tenant;

	FINE(tenant_store_patch(f.pg, &f.owner.tenant, &patch, f.arena, &tenant, &f.err));
}

static void
readers_are_the_members_whose_mark_is_at_the_message(void)
{
	const struct channel_id id = channel_of_four("read by");
	const int64_t first = send(&f.bob, &id), second = send(&f.bob, &id);
	struct reader_page page;
	struct read_mark back;

	FINE(readers(&f.bob, &id, first, 100, &page));
	CU_ASSERT_EQUAL(page.n, 0); /* not the author */
	mark(&f.carol, &id, first);
	mark(&dan, &id, second);
	FINE(readers(&f.bob, &id, first, 4, &page));
	CU_ASSERT_EQUAL(page.n, 2);
	CU_ASSERT_TRUE(reads(&page, &f.carol) && reads(&page, &dan));
	CU_ASSERT_STRING_EQUAL(page.items[0].display_name,
	    reads(&page, &f.carol) &&
		    strcmp(page.items[0].user.text, f.carol.user.text) == 0
		? f.carol.display_name
		: dan.display_name);
	FINE(readers(&f.bob, &id, second, 100, &page));
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_TRUE(reads(&page, &dan));
	send(&eve, &id); /* who answers has read */
	FINE(readers(&f.bob, &id, second, 100, &page));
	CU_ASSERT_EQUAL(page.n, 2);
	CU_ASSERT_TRUE(reads(&page, &eve));
	FINE(read_mark_store_unread(f.pg, &eve, &id, first, f.arena, &back, &f.err));
	CU_ASSERT_EQUAL(back.stands, first - 1);
	FINE(readers(&f.bob, &id, first, 100, &page));
	CU_ASSERT_FALSE(reads(&page, &eve));
	FINE(receipt_store_readers(
	    f.pg, &f.bob, &id, first, 100, NULL, 1, f.arena, &page, &f.err));
	CU_ASSERT_TRUE(page.n == 1 && page.more);
	FINE(receipt_store_readers(f.pg, &f.bob, &id, first, 100, &page.items[0].user, 1,
	    f.arena, &page, &f.err));
	CU_ASSERT_TRUE(page.n == 1 && !page.more);
}

static void
refuses_large_channels_and_strangers(void)
{
	const struct channel_id id = channel_of_four("refused");
	const int64_t first = send(&f.bob, &id);
	struct reader_page page;

	REFUSED(f, readers(&f.bob, &id, first, 3, &page), ES_FORBIDDEN,
	    "the channel has more than 3 members, too many for read receipts");
	REFUSED(f, readers(&f.bob, &id, first + 1, 100, &page), ES_NOT_FOUND,
	    "no such message");
	REFUSED(f, readers(&f.guest, &id, first, 100, &page), ES_NOT_FOUND,
	    "no such channel");
	REFUSED(f, readers(&f.foreign, &id, first, 100, &page), ES_NOT_FOUND,
	    "no such channel");
	CU_ASSERT_EQUAL(mark(&f.carol, &id, first).members, 4);
}

/* Returns the member count that push-server gets with a mark. */
static int64_t
members_of_many(const struct actor *who, const struct channel_id *id)
{
	const struct read_mark_ask ask = {who->tenant, who->user, *id, 1};
	struct read_mark_answer answer;
	struct pg_rows rows;

	FINE(pg_run(f.pg, NULL, &read_mark_store_many,
	    read_mark_store_many_params(f.arena, &ask, 1), f.arena, &rows, &f.err));
	read_mark_store_many_read(&rows, 1, f.arena, &answer);
	CU_ASSERT_EQUAL(answer.rc, ES_OK);
	return answer.mark.members;
}

static int64_t
shown_mark(
    const struct actor *reader, const struct channel_id *id, const struct actor *of)
{
	struct member_page page;

	FINE(member_store_list(f.pg, reader, id, NULL, 50, f.arena, &page, &f.err));
	for (size_t i = 0; i < page.n; i++)
		if (strcmp(page.items[i].user.text, of->user.text) == 0)
			return page.items[i].last_read_message_id;
	return -1;
}

static bool
principal_has_receipts(const struct actor *who)
{
	const struct principal_ask ask = {who->tenant, who->user, "j", 4000000000};
	struct principal_answer many;
	struct principal one;
	struct pg_rows rows;

	FINE(principal_store_get(
	    f.pg, &who->tenant, &who->user, "j", 4000000000, f.arena, &one, &f.err));
	FINE(pg_run(f.pg, NULL, &principal_store_many,
	    principal_store_many_params(f.arena, &ask, 1), f.arena, &rows, &f.err));
	principal_store_many_read(&rows, &ask, 1, f.arena, &many);
	CU_ASSERT_EQUAL(many.rc, ES_OK);
	CU_ASSERT_EQUAL(many.principal.read_receipts, one.read_receipts);
	return one.read_receipts;
}

static void
a_user_switches_receipts_off(void)
{
	const struct channel_id id = channel_of_four("private reader");
	const int64_t first = send(&f.bob, &id);
	struct reader_page page;

	mark(&f.carol, &id, first);
	mark(&dan, &id, first);
	CU_ASSERT_EQUAL(members_of_many(&dan, &id), 4);
	CU_ASSERT_TRUE(principal_has_receipts(&dan));
	switch_user(&dan, false);
	CU_ASSERT_FALSE(principal_has_receipts(&dan));
	FINE(readers(&f.bob, &id, first, 100, &page));
	CU_ASSERT_TRUE(reads(&page, &f.carol) && !reads(&page, &dan));
	REFUSED(f, readers(&dan, &id, first, 100, &page), ES_FORBIDDEN,
	    "you or your tenant have switched read receipts off");
	CU_ASSERT_EQUAL(mark(&dan, &id, first).members, 0);
	CU_ASSERT_EQUAL(members_of_many(&dan, &id), 0);
	CU_ASSERT_EQUAL(shown_mark(&f.bob, &id, &dan), 0);
	CU_ASSERT_EQUAL(shown_mark(&f.bob, &id, &f.carol), first);
	CU_ASSERT_EQUAL(shown_mark(&dan, &id, &f.carol), 0);
	CU_ASSERT_EQUAL(shown_mark(&dan, &id, &dan), first);
	switch_user(&dan, true);
	FINE(readers(&dan, &id, first, 100, &page));
	CU_ASSERT_TRUE(reads(&page, &dan));
}

static void
only_the_user_itself_switches_receipts(void)
{
	const bool off = false;
	const struct user_patch patch = {.read_receipts = &off};
	struct user user;

	REFUSED(f,
	    user_store_patch(f.pg, &f.owner, &f.bob.user, &patch, f.arena, &user, &f.err),
	    ES_FORBIDDEN, "only the user itself may do this");
	REFUSED(f,
	    user_store_patch(
		f.pg, &f.foreign, &f.bob.user, &patch, f.arena, &user, &f.err),
	    ES_NOT_FOUND, NULL);
}

static void
a_tenant_switches_receipts_off(void)
{
	const struct channel_id id = channel_of_four("private tenant");
	const int64_t first = send(&f.bob, &id);
	struct reader_page page;

	mark(&f.carol, &id, first);
	switch_tenant("{\"read_receipts\": false}");
	REFUSED(f, readers(&f.bob, &id, first, 100, &page), ES_FORBIDDEN, NULL);
	CU_ASSERT_EQUAL(mark(&f.carol, &id, first).members, 0);
	CU_ASSERT_EQUAL(members_of_many(&f.carol, &id), 0);
	CU_ASSERT_EQUAL(shown_mark(&f.bob, &id, &f.carol), 0);
	CU_ASSERT_EQUAL(shown_mark(&f.carol, &id, &f.carol), first);
	CU_ASSERT_FALSE(principal_has_receipts(&f.carol));
	switch_tenant("{\"read_receipts\": null}");
	FINE(readers(&f.bob, &id, first, 100, &page));
	CU_ASSERT_EQUAL(page.n, 1);
}

static CU_TestInfo cases[] = {
    {"readers are the members whose mark is at the message",
	readers_are_the_members_whose_mark_is_at_the_message},
    {"refuses large channels and strangers", refuses_large_channels_and_strangers},
    {"a user switches receipts off", a_user_switches_receipts_off},
    {"only the user itself switches receipts", only_the_user_itself_switches_receipts},
    {"a tenant switches receipts off", a_tenant_switches_receipts_off},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("receipt_store", cases, f)
