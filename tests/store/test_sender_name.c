/* Each way of reading a message shows the sender's name at the commit of the message,
 * also after the sender has changed the name. */
#include <string.h>

#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/message_store.h"
#include "store/outcome_store.h"
#include "store/reader_store.h"
#include "store/user_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;

static void
rename_user(const struct actor *who, const char *name)
{
	const struct user_patch patch = {.display_name = name};
	struct user user;

	FINE(user_store_patch(f.pg, who, &who->user, &patch, f.arena, &user, &f.err));
}

/* Reads the message in each way, and checks the sender's name. */
static void
check_name(const struct actor *who, const struct channel_id *channel, int64_t id,
    const char *client_id, const char *name)
{
	const struct message_query query = {.where = MESSAGES_LATEST, .limit = 10};
	struct message_page page;
	struct event_page replay;
	struct message message;
	enum es_code refusal;
	struct pg_rows rows;

	FINE(message_store_get(f.pg, who, channel, id, f.arena, &message, &f.err));
	CU_ASSERT_STRING_EQUAL(message.sender_display_name, name);
	FINE(message_store_by_client_id(
	    f.pg, who, channel, client_id, f.arena, &message, &refusal, &f.err));
	CU_ASSERT_STRING_EQUAL(message.sender_display_name, name);
	FINE(message_store_page(f.pg, who, channel, &query, f.arena, &page, &f.err));
	for (size_t i = 0; i < page.n; i++)
		if (page.items[i].id == id)
			CU_ASSERT_STRING_EQUAL(page.items[i].sender_display_name, name);
	FINE(pg_run(f.pg, &who->tenant, &reader_store_page,
	    reader_store_page_params(f.arena, &who->tenant, channel, id - 1, id, 10),
	    f.arena, &rows, &f.err));
	FINE(reader_store_page_read(
	    &rows, &who->tenant, channel, id - 1, id, 10, f.arena, &replay, &f.err));
	CU_ASSERT_EQUAL_FATAL(replay.n, 1);
	CU_ASSERT_STRING_EQUAL(replay.events[0].display_name, name);
}

static void
a_message_keeps_its_senders_name(void)
{
	const struct actor dora = fixture_user(&f, &f.owner, "Dora", "member");
	const struct channel_id id = fixture_channel(&f, &dora, "names", false);
	struct outcome sent = fixture_send(&f, &dora, &id, "k-1", "x");

	CU_ASSERT_STRING_EQUAL(sent.sender_name, "Dora");
	rename_user(&dora, "Dorothea");
	check_name(&dora, &id, sent.message_id, "k-1", "Dora");
	sent = fixture_send(&f, &dora, &id, "k-2", "y");
	CU_ASSERT_STRING_EQUAL(sent.sender_name, "Dorothea");
	check_name(&dora, &id, sent.message_id, "k-2", "Dorothea");
	check_name(&dora, &id, sent.message_id - 1, "k-1", "Dora");
}

/* Fanout publishes a repeat again, with the name at the first commit. */
static void
a_repeat_has_the_name_at_the_first_commit(void)
{
	const struct actor emil = fixture_user(&f, &f.owner, "Emil", "member");
	const struct channel_id id = fixture_channel(&f, &emil, "again", false);
	const char *const bodies[] = {"x"};
	struct envelope e = fixture_envelope(&f, &emil, &id, bodies, 1);
	struct batch_result result;
	struct outcome outcome;
	bool known;

	FINE(batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err));
	CU_ASSERT_STRING_EQUAL(result.events[0].display_name, "Emil");
	rename_user(&emil, "Emilio");
	FINE(batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err));
	CU_ASSERT_EQUAL(result.n_repeats, 1);
	CU_ASSERT_STRING_EQUAL(result.events[0].display_name, "Emil");
	FINE(outcome_store_get(f.pg, &e, f.arena, &outcome, &known, &f.err));
	CU_ASSERT_TRUE_FATAL(known);
	CU_ASSERT_STRING_EQUAL(outcome.sender_name, "Emil");
}

/* Rows that an older release wrote have no name. They show the user's present name. */
static void
an_older_row_shows_the_present_name(void)
{
	const struct actor fred = fixture_user(&f, &f.owner, "Fred", "member");
	const struct channel_id id = fixture_channel(&f, &fred, "older", false);
	const char *const key[] = {fred.tenant.text, id.text};
	const struct outcome sent = fixture_send(&f, &fred, &id, "k-1", "x");

	CU_ASSERT_EQUAL(fixture_owner_number(&f, &fred.tenant,
			    "UPDATE messages SET sender_name = NULL"
			    " WHERE tenant_id = $1 AND channel_id = $2 RETURNING id",
			    key, 2),
	    sent.message_id);
	rename_user(&fred, "Frederik");
	check_name(&fred, &id, sent.message_id, "k-1", "Frederik");
}

/* After a deletion in the tenant, a page looks up the senders of all its messages. */
static void
only_the_deleted_sender_loses_the_name(void)
{
	const struct actor gwen = fixture_user(&f, &f.owner, "Gwen", "member");
	const struct actor hugo = fixture_user(&f, &f.owner, "Hugo", "member");
	const struct channel_id id = fixture_channel(&f, &gwen, "deleted", false);
	const struct outcome first = fixture_send(&f, &gwen, &id, "k-1", "x");
	const struct outcome second = fixture_send(&f, &hugo, &id, "k-2", "y");
	struct message message;
	struct user user;

	rename_user(&gwen, "Gwendolyn");
	FINE(user_store_delete(f.pg, &f.owner, &hugo.user, f.arena, &user, &f.err));
	check_name(&gwen, &id, first.message_id, "k-1", "Gwen");
	FINE(message_store_get(
	    f.pg, &gwen, &id, second.message_id, f.arena, &message, &f.err));
	CU_ASSERT_STRING_EQUAL(message.sender_display_name, USER_DELETED_NAME);
}

static CU_TestInfo cases[] = {
    {"a message keeps its sender's name", a_message_keeps_its_senders_name},
    {"a repeat has the name at the first commit",
	a_repeat_has_the_name_at_the_first_commit},
    {"an older row shows the present name", an_older_row_shows_the_present_name},
    {"only the deleted sender loses the name", only_the_deleted_sender_loses_the_name},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("sender_name", cases, f)
