/* A dead letter goes into the queue again, and its message is stored once. */
#include <string.h>

#include "cunit_main.h"
#include "store/batch_store.h"
#include "store/dead_letter_store.h"
#include "store/message_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct batch_result result;
static struct message message;

/* Stores a dead letter as fanout does, and returns the letter's id. `all` is the envelope
 * of the queue's entry. The first message of `failed` is the refused one; NULL: the whole
 * entry is refused. */
static int64_t
store_dead_letter(
    const struct envelope *all, const struct envelope *failed, const char *place)
{
	struct batch_dead dead = {.source = f.owner.tenant.text,
	    .tenant = all->tenant.text,
	    .channel = all->channel.text,
	    .envelope = all->id.text,
	    .sqlstate = "23514",
	    .reason = "violates a constraint",
	    .of = failed};
	struct dead_letter *letters;
	struct text entry;
	size_t n;

	text_init(&entry, f.arena, ENVELOPE_BYTES_MAX);
	envelope_encode(all, &entry);
	dead.entry = entry.data;
	dead.len = entry.len;
	dead.source_id = failed != NULL ? arena_printf(f.arena, "%s/%s", place,
					      failed->messages[0].client_id)
	                                : place;
	FINE(batch_store_dead_letter(f.pg, NULL, &dead, f.arena, &f.err));
	FINE(dead_letter_store_list(f.pg, 0, 1000, f.arena, &letters, &n, &f.err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(letters[i].source, dead.source) == 0 &&
		    strcmp(letters[i].source_id, dead.source_id) == 0)
			return letters[i].id;
	CU_FAIL_FATAL("the letter is not there");
	return 0;
}

/* Looks up the outcome of a message as a client does. Returns ES_OK and sets `message`,
 * or returns the code of the refusal, or ES_NOT_FOUND. */
static enum es_code
outcome(const struct channel_id *channel, const char *client_id)
{
	enum es_code refusal = ES_OK, rc;

	rc = message_store_by_client_id(
	    f.pg, &f.bob, channel, client_id, f.arena, &message, &refusal, &f.err);
	return rc == ES_GONE ? refusal : rc;
}

static void
commit(const struct envelope *e)
{
	FINE(batch_store_commit(f.pg, NULL, e, 1, f.arena, &result, &f.err));
}

static void
the_failed_message_alone_is_sent_again(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive", false);
	const char *const bodies[] = {"first", "poison", "last"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 3);
	const char *const client_id = all.messages[1].client_id;
	struct envelope part = all, again = {0};
	int64_t letter;

	part.n = 1;
	commit(&part);
	part.messages = all.messages + 1;
	letter = store_dead_letter(&all, &part, "1-0");
	part.messages = all.messages + 2;
	commit(&part);
	CU_ASSERT_EQUAL(outcome(&id, client_id), ES_INVALID);

	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err));
	CU_ASSERT_EQUAL_FATAL(again.n, 1);
	CU_ASSERT_STRING_EQUAL(again.messages[0].client_id, client_id);
	CU_ASSERT_STRING_EQUAL(again.messages[0].body, "poison");
	CU_ASSERT_STRING_NOT_EQUAL(again.id.text, all.id.text);
	CU_ASSERT_PTR_NULL(again.reply);
	SAME(again.channel, id);
	SAME(again.user, f.bob.user);

	/* While the message waits in the queue, no request gets the old refusal. */
	FINE(dead_letter_store_redriven(f.pg, letter, &again, f.arena, &f.err));
	CU_ASSERT_EQUAL(outcome(&id, client_id), ES_NOT_FOUND);
	REFUSED(f, dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err),
	    ES_NOT_FOUND, "no such dead letter");

	commit(&again);
	CU_ASSERT_EQUAL(result.n_committed, 1);
	/* "last" has number 2, so the redriven message comes after it */
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].message_id, 3);
	CU_ASSERT_EQUAL(outcome(&id, client_id), ES_OK);
}

/* The queue delivers the old entry again. The store refuses the old entry until the new
 * one is committed. After that the old entry counts as a repeat. */
static void
a_redelivery_of_the_old_entry_changes_nothing(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive-old", false);
	const char *const bodies[] = {"x"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 1);
	const int64_t letter = store_dead_letter(&all, &all, "2-0");
	struct envelope again;

	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err));
	FINE(dead_letter_store_redriven(f.pg, letter, &again, f.arena, &f.err));
	commit(&all);
	CU_ASSERT_EQUAL(result.n_refused, 1);
	commit(&again);
	CU_ASSERT_EQUAL(result.n_committed, 1);
	commit(&all);
	CU_ASSERT_EQUAL(result.n_repeats, 1);
}

/* echostreamctl dies between the send to the queue and the deletion of the letter, and
 * the operator runs it again. */
static void
a_crash_during_the_redrive_makes_no_second_message(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive-crash", false);
	const char *const bodies[] = {"x"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 1);
	const int64_t letter = store_dead_letter(&all, &all, "3-0");
	struct envelope first, second;

	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &first, &f.err));
	commit(&first);
	CU_ASSERT_EQUAL(result.n_committed, 1);
	CU_ASSERT_EQUAL(outcome(&id, all.messages[0].client_id), ES_OK);
	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &second, &f.err));
	FINE(dead_letter_store_redriven(f.pg, letter, &second, f.arena, &f.err));
	FINE(dead_letter_store_redriven(f.pg, letter, &second, f.arena, &f.err));
	commit(&second);
	CU_ASSERT_EQUAL(result.n_committed, 0);
	CU_ASSERT_EQUAL(result.n_repeats, 1);
	CU_ASSERT_EQUAL(result.replies[0].outcomes[0].message_id, 1);
}

static void
a_message_that_its_sender_sent_again_is_stored_once(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive-user", false);
	const char *const bodies[] = {"x"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 1);
	const int64_t letter = store_dead_letter(&all, &all, "4-0");
	struct envelope users = all, again;

	uuid_new(users.id.text);
	commit(&users);
	CU_ASSERT_EQUAL(result.n_committed, 1);
	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err));
	FINE(dead_letter_store_redriven(f.pg, letter, &again, f.arena, &f.err));
	commit(&again);
	CU_ASSERT_EQUAL(result.n_repeats, 1);
	CU_ASSERT_EQUAL(result.n_committed, 0);
}

/* The message fails again before the letter is deleted: the new refusal stays. */
static void
a_look_up_finds_the_second_refusal(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive-twice", false);
	const char *const bodies[] = {"x"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 1);
	const int64_t letter = store_dead_letter(&all, &all, "5-0");
	struct envelope again;
	int64_t second;

	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err));
	second = store_dead_letter(&again, &again, "6-0");
	CU_ASSERT_TRUE(second > letter);
	FINE(dead_letter_store_redriven(f.pg, letter, &again, f.arena, &f.err));
	CU_ASSERT_EQUAL(outcome(&id, all.messages[0].client_id), ES_INVALID);
	FINE(dead_letter_store_redrive(f.pg, second, f.arena, &again, &f.err));
}

/* A fanout of an older release could not decode the entry of a newer one, and stored the
 * whole entry as a dead letter. */
static void
a_whole_entry_is_sent_again(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "redrive-all", false);
	const char *const bodies[] = {"one", "two"};
	const struct envelope all = fixture_envelope(&f, &f.bob, &id, bodies, 2);
	const int64_t letter = store_dead_letter(&all, NULL, "7-0/no-message-of-it");
	struct envelope again;

	FINE(dead_letter_store_redrive(f.pg, letter, f.arena, &again, &f.err));
	CU_ASSERT_EQUAL(again.n, 2);
	FINE(dead_letter_store_redriven(f.pg, letter, &again, f.arena, &f.err));
	commit(&again);
	CU_ASSERT_EQUAL(result.n_committed, 2);
}

static void
an_entry_that_is_not_an_envelope_stays(void)
{
	const struct batch_dead dead = {.source = f.owner.tenant.text,
	    .source_id = "8-0",
	    .reason = "malformed",
	    .entry = "\0\xff{",
	    .len = 3};
	struct dead_letter *letters;
	struct envelope again;
	size_t n;

	FINE(batch_store_dead_letter(f.pg, NULL, &dead, f.arena, &f.err));
	FINE(dead_letter_store_list(f.pg, 0, 1000, f.arena, &letters, &n, &f.err));
	for (size_t i = 0; i < n; i++)
		if (strcmp(letters[i].source, dead.source) == 0 &&
		    strcmp(letters[i].source_id, "8-0") == 0) {
			REFUSED(f,
			    dead_letter_store_redrive(
				f.pg, letters[i].id, f.arena, &again, &f.err),
			    ES_INVALID, NULL);
			return;
		}
	CU_FAIL("the letter is not there");
}

static CU_TestInfo cases[] = {
    {"the failed message alone is sent again", the_failed_message_alone_is_sent_again},
    {"a redelivery of the old entry changes nothing",
	a_redelivery_of_the_old_entry_changes_nothing},
    {"a crash during the redrive makes no second message",
	a_crash_during_the_redrive_makes_no_second_message},
    {"a message that its sender sent again is stored once",
	a_message_that_its_sender_sent_again_is_stored_once},
    {"a look-up finds the second refusal", a_look_up_finds_the_second_refusal},
    {"a whole entry is sent again", a_whole_entry_is_sent_again},
    {"an entry that is not an envelope stays", an_entry_that_is_not_an_envelope_stays},
    CU_TEST_INFO_NULL,
};

STORE_MAIN("dead_letter_redrive", cases, f)
