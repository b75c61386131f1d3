#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/channel_store.h"
#include "store/message_store.h"
#include "store/outcome_store.h"
#include "store/read_mark_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct message message;
static struct message_page page;

static enum es_code
read_page(const struct actor *who, const struct channel_id *id, enum message_where where,
    int64_t from, int64_t limit)
{
	const struct message_query query = {where, from, limit};

	return message_store_page(f.pg, who, id, &query, f.arena, &page, &f.err);
}

/* Commits messages 1 to n of the channel's owner. */
static struct channel_id
channel_with(const char *name, unsigned n)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, name, true);

	for (unsigned i = 1; i <= n; i++)
		CU_ASSERT_EQUAL(
		    fixture_send(&f, &f.bob, &id, NULL, arena_printf(f.arena, "m%u", i))
			.message_id,
		    i);
	return id;
}

/* Returns the ids of the page as text, in the order of the page. */
static const char *
ids(void)
{
	struct text t;

	text_init(&t, f.arena, 4096);
	for (size_t i = 0; i < page.n; i++)
		text_addf(&t, "%s%d", i == 0 ? "" : " ", (int)page.items[i].id);
	return t.data;
}

static void
pages_backward_and_forward(void)
{
	const struct channel_id id = channel_with("paged", 7);

	FINE(read_page(&f.bob, &id, MESSAGES_LATEST, 0, 3));
	CU_ASSERT_STRING_EQUAL(ids(), "7 6 5");
	CU_ASSERT_TRUE(page.more);
	CU_ASSERT_EQUAL(page.next_before, 5);
	CU_ASSERT_EQUAL(page.next_after, 0);
	FINE(read_page(&f.bob, &id, MESSAGES_BEFORE, 5, 4));
	CU_ASSERT_STRING_EQUAL(ids(), "4 3 2 1");
	CU_ASSERT_FALSE(page.more);
	CU_ASSERT_EQUAL(page.next_before, 0);
	FINE(read_page(&f.bob, &id, MESSAGES_AFTER, 2, 3));
	CU_ASSERT_STRING_EQUAL(ids(), "3 4 5");
	CU_ASSERT_TRUE(page.more);
	CU_ASSERT_EQUAL(page.next_after, 5);
	CU_ASSERT_EQUAL(page.next_before, 0);
	FINE(read_page(&f.bob, &id, MESSAGES_AFTER, 5, 3));
	CU_ASSERT_STRING_EQUAL(ids(), "6 7");
	CU_ASSERT_FALSE(page.more);
	CU_ASSERT_EQUAL(page.next_after, 0);
	FINE(read_page(&f.bob, &id, MESSAGES_BEFORE, 1, 3));
	CU_ASSERT_EQUAL(page.n, 0);
}

static void
pages_around_a_message(void)
{
	const struct channel_id id = channel_with("around", 9);

	FINE(read_page(&f.bob, &id, MESSAGES_AROUND, 5, 4));
	CU_ASSERT_STRING_EQUAL(ids(), "7 6 5 4");
	CU_ASSERT_TRUE(page.more);
	CU_ASSERT_EQUAL(page.next_before, 4);
	CU_ASSERT_EQUAL(page.next_after, 7);
	FINE(read_page(&f.bob, &id, MESSAGES_AROUND, 5, 1));
	CU_ASSERT_STRING_EQUAL(ids(), "5");
	CU_ASSERT_EQUAL(page.next_before, 5);
	CU_ASSERT_EQUAL(page.next_after, 5);
	FINE(read_page(&f.bob, &id, MESSAGES_AROUND, 9, 4));
	CU_ASSERT_STRING_EQUAL(ids(), "9 8");
	CU_ASSERT_EQUAL(page.next_after, 0);
	FINE(read_page(&f.bob, &id, MESSAGES_AROUND, 100, 2));
	CU_ASSERT_STRING_EQUAL(ids(), "9");
	FINE(read_page(&f.bob, &id, MESSAGES_AROUND, 0, 4));
	CU_ASSERT_STRING_EQUAL(ids(), "2 1");
	CU_ASSERT_FALSE(page.more);
	CU_ASSERT_EQUAL(page.next_after, 2);
}

static void
shows_a_message_also_after_its_deletion(void)
{
	const struct channel_id id = channel_with("shown", 2);
	const char *const key[] = {id.text, f.bob.tenant.text};

	FINE(message_store_get(f.pg, &f.bob, &id, 2, f.arena, &message, &f.err));
	CU_ASSERT_EQUAL(message.id, 2);
	SAME(message.channel, id);
	SAME(message.sender, f.bob.user);
	CU_ASSERT_STRING_EQUAL(message.sender_display_name, "Bob");
	CU_ASSERT_STRING_EQUAL(message.body, "m2");
	CU_ASSERT_TRUE(uuid_valid(message.client_id)); /* chosen by the server */
	CU_ASSERT_EQUAL(message.edited_ms, 0);
	CU_ASSERT_FALSE(message.deleted);
	CU_ASSERT_TRUE(clock_wall_ms() - message.created_ms < 60000);

	CU_ASSERT_EQUAL(
	    fixture_number(&f, &f.bob.tenant,
		"UPDATE messages SET deleted_at = now(), edited_at = now()"
		" WHERE channel_id = $1 AND tenant_id = $2 AND id = 2 RETURNING 1",
		key, 2),
	    1);
	FINE(message_store_get(f.pg, &f.bob, &id, 2, f.arena, &message, &f.err));
	CU_ASSERT_TRUE(message.deleted);
	CU_ASSERT_PTR_NULL(message.body);
	CU_ASSERT_TRUE(message.edited_ms > 0);
	REFUSED(f, message_store_get(f.pg, &f.bob, &id, 3, f.arena, &message, &f.err),
	    ES_NOT_FOUND, "no such message");
}

static void
an_invisible_channel_is_unknown(void)
{
	struct channel_id hidden[3] = {
	    channel_with("hidden", 1), fixture_channel(&f, &f.foreign, "foreign", false)};
	enum es_code refusal;
	struct read_mark mark;

	uuid_new(hidden[2].text);
	for (size_t i = 0; i < 3; i++) {
		REFUSED(f, read_page(&f.carol, &hidden[i], MESSAGES_LATEST, 0, 5),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    message_store_get(
			f.pg, &f.carol, &hidden[i], 1, f.arena, &message, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    read_mark_store_read(
			f.pg, &f.carol, &hidden[i], 1, f.arena, &mark, &f.err),
		    ES_NOT_FOUND, "no such channel");
		REFUSED(f,
		    message_store_by_client_id(f.pg, &f.carol, &hidden[i], "c-1", f.arena,
			&message, &refusal, &f.err),
		    ES_NOT_FOUND, "no such channel");
	}
}

static void
finds_a_message_of_the_caller_by_client_id(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "by client", false);
	const struct channel_id closed = fixture_channel(&f, &f.carol, "not bob's", true);
	struct outcome minted = fixture_send(&f, &f.bob, &id, NULL, "without");
	enum es_code refusal = ES_OK;

	CU_ASSERT_EQUAL(fixture_send(&f, &f.bob, &id, "c-1", "with").message_id, 2);
	FINE(message_store_by_client_id(
	    f.pg, &f.bob, &id, "c-1", f.arena, &message, &refusal, &f.err));
	CU_ASSERT_STRING_EQUAL(message.body, "with");
	FINE(message_store_by_client_id(
	    f.pg, &f.bob, &id, minted.client_id, f.arena, &message, &refusal, &f.err));
	CU_ASSERT_STRING_EQUAL(message.body, "without");
	REFUSED(f,
	    message_store_by_client_id(
		f.pg, &f.bob, &id, "c-2", f.arena, &message, &refusal, &f.err),
	    ES_NOT_FOUND, "no such message");
	REFUSED(f,
	    message_store_by_client_id(
		f.pg, &f.carol, &id, "c-1", f.arena, &message, &refusal, &f.err),
	    ES_NOT_FOUND, "no such message"); /* a message of another user */

	CU_ASSERT_EQUAL(
	    fixture_send(&f, &f.bob, &closed, "c-1", "no").code, ES_NOT_FOUND);
	REFUSED(f,
	    message_store_by_client_id(
		f.pg, &f.bob, &closed, "c-1", f.arena, &message, &refusal, &f.err),
	    ES_GONE, NULL);
	CU_ASSERT_EQUAL(refusal, ES_NOT_FOUND);
}

/* A new attempt supersedes the refusal of the earlier attempt, and may be refused as
 * well. */
static void
a_new_attempt_supersedes_a_refusal(void)
{
	const struct channel_id closed = fixture_channel(&f, &f.carol, "closed", true);
	const char *const body[] = {"no"};
	struct envelope e = fixture_envelope(&f, &f.bob, &closed, body, 1);
	enum es_code refusal;

	envelope_message_init(&e.messages[0], &f.bob.user, "c-1", "no", f.arena);
	for (int i = 0; i < 2; i++) {
		CU_ASSERT_EQUAL(
		    fixture_send(&f, &f.bob, &closed, "c-1", "no").code, ES_NOT_FOUND);
		REFUSED(f,
		    message_store_by_client_id(f.pg, &f.bob, &closed, "c-1", f.arena,
			&message, &refusal, &f.err),
		    ES_GONE, NULL);
		FINE(outcome_store_supersede(f.pg, &e, f.arena, &f.err));
		REFUSED(f,
		    message_store_by_client_id(f.pg, &f.bob, &closed, "c-1", f.arena,
			&message, &refusal, &f.err),
		    ES_NOT_FOUND, NULL);
	}
}

static void
a_read_mark_moves_forward_only(void)
{
	const struct channel_id id = channel_with("marked", 5);
	const struct channel_id open = fixture_channel(&f, &f.bob, "open", false);
	struct read_mark mark = {0};

	FINE(read_mark_store_read(f.pg, &f.bob, &id, 3, f.arena, &mark, &f.err));
	CU_ASSERT_EQUAL(mark.stands, 3);
	FINE(read_mark_store_read(f.pg, &f.bob, &id, 2, f.arena, &mark, &f.err));
	CU_ASSERT_EQUAL(mark.stands, 3);
	FINE(read_mark_store_read(f.pg, &f.bob, &id, 99, f.arena, &mark, &f.err));
	CU_ASSERT_EQUAL(mark.stands, 5);
	REFUSED(f, read_mark_store_read(f.pg, &f.carol, &open, 1, f.arena, &mark, &f.err),
	    ES_FORBIDDEN, NULL);
}

static void
reports_the_outcomes_of_an_envelope(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "outcomes", false);
	const char *const bodies[] = {"one", "two", "three", "four"};
	struct envelope e = fixture_envelope(&f, &f.bob, &id, bodies, 4);
	struct batch_result result;
	struct outcome outcomes[4];
	struct channel channel;
	struct event event;
	bool known[4];

	(void)fixture_send(&f, &f.bob, &id, "k-1", "one");
	(void)fixture_send(&f, &f.bob, &id, "k-3", "another body");
	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	envelope_message_init(&e.messages[0], &f.bob.user, "k-1", "one", f.arena);
	envelope_message_init(&e.messages[2], &f.bob.user, "k-3", "three", f.arena);
	envelope_message_init(&e.messages[3], &f.bob.user, "k-4", "four", f.arena);
	FINE(outcome_store_get(f.pg, &e, f.arena, outcomes, known, &f.err));
	CU_ASSERT_TRUE(known[0] && !known[1] && known[2] && !known[3]);
	FINE(batch_store_commit(f.pg, NULL, &e, 1, f.arena, &result, &f.err));
	FINE(outcome_store_get(f.pg, &e, f.arena, outcomes, known, &f.err));
	CU_ASSERT_TRUE(known[0] && known[1] && known[2] && known[3]);
	CU_ASSERT_EQUAL(outcomes[0].result, OUTCOME_COMMITTED);
	CU_ASSERT_EQUAL(outcomes[0].message_id, 1);
	CU_ASSERT_TRUE(outcomes[0].created_ms > 0);
	CU_ASSERT_STRING_EQUAL(outcomes[0].client_id, "k-1");
	CU_ASSERT_EQUAL(outcomes[2].result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(outcomes[2].code, ES_KEY_REUSED);
	CU_ASSERT_EQUAL(outcomes[3].result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(outcomes[3].code, ES_CHANNEL_ARCHIVED);

	/* Another envelope with the same messages is a new attempt. Of these messages,
	 * only those whose client ids are committed have an outcome. */
	uuid_new(e.id.text);
	FINE(outcome_store_get(f.pg, &e, f.arena, outcomes, known, &f.err));
	CU_ASSERT_TRUE(known[0] && !known[1] && known[2] && !known[3]);
	/* Another tenant finds nothing by the same ids. */
	e.tenant = f.foreign.tenant;
	FINE(outcome_store_get(f.pg, &e, f.arena, outcomes, known, &f.err));
	CU_ASSERT_FALSE(known[0] || known[1] || known[2] || known[3]);
}

static CU_TestInfo cases[] = {
    {"pages backward and forward", pages_backward_and_forward},
    {"pages around a message", pages_around_a_message},
    {"shows a message, also after its deletion", shows_a_message_also_after_its_deletion},
    {"an invisible channel is unknown", an_invisible_channel_is_unknown},
    {"finds a message of the caller by client id",
	finds_a_message_of_the_caller_by_client_id},
    {"a new attempt supersedes a refusal", a_new_attempt_supersedes_a_refusal},
    {"a read mark moves forward only", a_read_mark_moves_forward_only},
    {"reports the outcomes of an envelope", reports_the_outcomes_of_an_envelope},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("message_store", cases, f)
