/* The check before an edit, a delete or a reaction, and what is left of it: the older
 * texts, the events, the outcome. */
#include "store/message_change_store.h"

#include <string.h>

#include "cunit_main.h"
#include "store/channel_store.h"
#include "store/outcome_store.h"
#include "store/reader_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct envelope last; /* of the last change */

static struct envelope_message
change_of(enum envelope_op op, int64_t target)
{
	return (struct envelope_message){.op = op,
	    .target = target,
	    .body = op == OP_EDIT ? "new" : NULL,
	    .emoji = op == OP_REACT || op == OP_UNREACT ? ":ok:" : NULL};
}

static enum es_code
may(const struct actor *who, const struct channel_id *id, struct envelope_message m)
{
	return message_change_store_check(
	    f.pg, &who->tenant, id, &who->user, &m, f.arena, &f.err);
}

static struct outcome
commit(const struct actor *who, const struct channel_id *id, struct envelope_message m,
    const char *key)
{
	return fixture_change(&f, who, id, m, key, &last);
}

static enum es_code
react(const struct actor *who, const struct channel_id *id, int64_t target,
    enum envelope_op op, const char *emoji)
{
	return fixture_react(&f, who, id, target, op, emoji, &last).code;
}

/* What the check says to a change that the user may make: before the last migration of
 * the release no program queues one. */
static enum es_code
allowed(void)
{
	return fixture_number(&f, &f.bob.tenant,
		   "SELECT envelope_version::bigint FROM cluster_meta", NULL,
		   0) >= ENVELOPE_VERSION
	           ? ES_OK
	           : ES_UNAVAILABLE;
}

static void
checks_the_right(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "rights", false);
	const struct channel_id hidden = fixture_channel(&f, &f.bob, "rights 2", true);
	struct envelope_message m = change_of(OP_EDIT, 2);
	struct channel channel;
	struct event event;

	(void)fixture_send(&f, &f.bob, &hidden, NULL, "x");
	(void)fixture_send(&f, &f.carol, &id, NULL, "hers"); /* 1 is her joining */
	CU_ASSERT_EQUAL(may(&f.carol, &id, m), allowed());
	CU_ASSERT_EQUAL(may(&f.bob, &id, m), allowed());   /* owner of the channel */
	CU_ASSERT_EQUAL(may(&f.admin, &id, m), allowed()); /* admin of the tenant */
	(void)fixture_send(&f, &f.bob, &id, NULL, "his");
	REFUSED(f, may(&f.carol, &id, change_of(OP_EDIT, 3)), ES_FORBIDDEN, NULL);
	REFUSED(f, may(&f.carol, &id, change_of(OP_DELETE, 3)), ES_FORBIDDEN, NULL);
	CU_ASSERT_EQUAL(may(&f.carol, &id, change_of(OP_REACT, 3)), allowed());
	REFUSED(f, may(&f.carol, &hidden, change_of(OP_REACT, 1)), ES_NOT_FOUND,
	    STORE_NO_CHANNEL);
	REFUSED(f, may(&f.guest, &id, m), ES_NOT_FOUND, STORE_NO_CHANNEL);
	REFUSED(f, may(&f.foreign, &id, m), ES_NOT_FOUND, STORE_NO_CHANNEL);
	REFUSED(f, may(&f.bob, &id, change_of(OP_EDIT, 1)), ES_NOT_FOUND,
	    STORE_NO_MESSAGE); /* an event */
	REFUSED(
	    f, may(&f.bob, &id, change_of(OP_REACT, 99)), ES_NOT_FOUND, STORE_NO_MESSAGE);
	m.if_version = 2;
	REFUSED(f, may(&f.carol, &id, m), ES_VERSION_CONFLICT, NULL);
	m.if_version = 1;
	CU_ASSERT_EQUAL(may(&f.carol, &id, m), allowed());
	CU_ASSERT_EQUAL(commit(&f.carol, &id, change_of(OP_DELETE, 2), NULL).code, ES_OK);
	REFUSED(f, may(&f.carol, &id, m), ES_GONE, NULL);
	FINE(channel_store_archive(f.pg, &f.bob, &id, f.arena, &channel, &event, &f.err));
	REFUSED(f, may(&f.bob, &id, change_of(OP_EDIT, 3)), ES_CHANNEL_ARCHIVED, NULL);
}

static void
set_window(const char *settings)
{
	const char *const params[] = {f.bob.tenant.text, settings};

	CU_ASSERT_EQUAL(fixture_owner_number(&f, &f.bob.tenant,
			    "UPDATE tenants SET settings = $2::jsonb"
			    " WHERE id = $1 RETURNING 1::bigint",
			    params, 2),
	    1);
}

static void
checks_the_edit_window(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "window", false);

	(void)fixture_send(&f, &f.carol, &id, NULL, "hers");
	set_window("{\"editWindowSeconds\": 0}");
	REFUSED(f, may(&f.carol, &id, change_of(OP_EDIT, 2)), ES_EDIT_WINDOW_OVER, NULL);
	CU_ASSERT_EQUAL(may(&f.carol, &id, change_of(OP_DELETE, 2)), allowed());
	CU_ASSERT_EQUAL(may(&f.bob, &id, change_of(OP_EDIT, 2)), allowed());
	set_window("{\"editWindowSeconds\": 3600}");
	CU_ASSERT_EQUAL(may(&f.carol, &id, change_of(OP_EDIT, 2)), allowed());
	set_window("{\"editWindowSeconds\": null}");
	CU_ASSERT_EQUAL(may(&f.carol, &id, change_of(OP_EDIT, 2)), allowed());
	set_window("{}");
}

static void
keeps_older_texts_for_the_author_and_admins(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "revisions", false);
	struct message_revisions page;
	struct envelope_message m = change_of(OP_EDIT, 2);

#define REVISIONS(who, number, before, limit) \
	message_change_store_revisions( \
	    f.pg, &(who), &id, number, before, limit, f.arena, &page, &f.err)
	(void)fixture_send(&f, &f.carol, &id, NULL, "one");
	FINE(REVISIONS(f.carol, 2, 99, 5));
	CU_ASSERT_EQUAL(page.n, 0);
	m.body = "two";
	CU_ASSERT_EQUAL(commit(&f.carol, &id, m, NULL).version, 2);
	m.body = "three";
	CU_ASSERT_EQUAL(commit(&f.bob, &id, m, NULL).version, 3);
	FINE(REVISIONS(f.carol, 2, INT64_MAX, 5));
	CU_ASSERT_EQUAL_FATAL(page.n, 2);
	CU_ASSERT_FALSE(page.more);
	CU_ASSERT_EQUAL(page.items[0].version, 2);
	CU_ASSERT_STRING_EQUAL(page.items[0].body, "two");
	SAME(page.items[0].replaced_by, f.bob.user);
	CU_ASSERT_STRING_EQUAL(page.items[1].body, "one");
	SAME(page.items[1].replaced_by, f.carol.user);
	FINE(REVISIONS(f.bob, 2, 99, 1));
	CU_ASSERT_EQUAL(page.n, 1);
	CU_ASSERT_TRUE(page.more);
	FINE(REVISIONS(f.admin, 2, 2, 1));
	CU_ASSERT_STRING_EQUAL(page.items[0].body, "one");
	CU_ASSERT_FALSE(page.more);
	(void)fixture_send(&f, &f.bob, &id, NULL, "his"); /* 5: two events before */
	REFUSED(f, REVISIONS(f.carol, 5, 99, 5), ES_FORBIDDEN, NULL);
	REFUSED(f, REVISIONS(f.carol, 99, 99, 5), ES_NOT_FOUND, STORE_NO_MESSAGE);
	REFUSED(f, REVISIONS(f.guest, 2, 99, 5), ES_NOT_FOUND, STORE_NO_CHANNEL);
	REFUSED(f, REVISIONS(f.foreign, 2, 99, 5), ES_NOT_FOUND, STORE_NO_CHANNEL);
	CU_ASSERT_EQUAL(commit(&f.bob, &id, change_of(OP_DELETE, 2), NULL).code, ES_OK);
	FINE(REVISIONS(f.carol, 2, 99, 5));
	CU_ASSERT_EQUAL(page.n, 0);
}

static struct event_page
events_of(const struct channel_id *id)
{
	struct event_page page;
	struct pg_rows rows;

	FINE(pg_run(f.pg, &f.bob.tenant, &reader_store_page,
	    reader_store_page_params(f.arena, &f.bob.tenant, id, 0, 99, 99), f.arena,
	    &rows, &f.err));
	FINE(reader_store_page_read(
	    &rows, &f.bob.tenant, id, 0, 99, 99, f.arena, &page, &f.err));
	return page;
}

static void
replays_changes_with_the_present_text(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "replayed", false);
	struct envelope_message m = change_of(OP_EDIT, 1);
	struct event_page page;

	(void)fixture_send(&f, &f.bob, &id, NULL, "one");
	m.body = "two";
	(void)commit(&f.bob, &id, m, NULL);
	m.body = "three";
	(void)commit(&f.bob, &id, m, NULL);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 1, OP_REACT, ":a:"), ES_OK);
	page = events_of(&id);
	CU_ASSERT_EQUAL_FATAL(page.n, 4);
	for (size_t i = 0; i < 3; i++) {
		const struct event *e = &page.events[i];

		CU_ASSERT_EQUAL(e->kind, i == 0 ? EVENT_MESSAGE : EVENT_MESSAGE_UPDATED);
		CU_ASSERT_STRING_EQUAL(e->body, "three");
		CU_ASSERT_EQUAL(e->version, 3);
		CU_ASSERT_TRUE(e->edited && e->edited_ms > 0);
		CU_ASSERT_TRUE(!e->deleted && e->deleted_ms == 0);
		CU_ASSERT_EQUAL(e->message_id, i == 0 ? 0 : 1);
	}
	CU_ASSERT_EQUAL(page.events[3].kind, EVENT_REACTIONS_CHANGED);
	CU_ASSERT_EQUAL(page.events[3].message_id, 1);
	CU_ASSERT_PTR_NULL(page.events[3].body);
	CU_ASSERT_PTR_NOT_NULL(strstr(page.events[3].payload, ":a:"));

	CU_ASSERT_EQUAL(commit(&f.bob, &id, change_of(OP_DELETE, 1), NULL).code, ES_OK);
	page = events_of(&id);
	CU_ASSERT_EQUAL_FATAL(page.n, 5);
	for (size_t i = 0; i < 3; i++) {
		CU_ASSERT_PTR_NULL(page.events[i].body);
		CU_ASSERT_TRUE(page.events[i].deleted && page.events[i].deleted_ms > 0);
	}
	CU_ASSERT_EQUAL(page.events[4].kind, EVENT_MESSAGE_DELETED);
	CU_ASSERT_EQUAL(page.events[4].message_id, 1);
}

/* The outcome of the last change; false: there is none. */
static bool
outcome_of(const struct actor *tenant_of, struct outcome *out)
{
	struct envelope e = last;
	bool known;

	e.tenant = tenant_of->tenant;
	FINE(outcome_store_get(f.pg, &e, f.arena, out, &known, &f.err));
	return known;
}

static void
finds_the_outcome_of_a_change(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "outcomes", false);
	struct envelope_message m = change_of(OP_EDIT, 2);
	struct outcome out;

	(void)fixture_send(&f, &f.carol, &id, "k", "one");
	/* an edit may have the key of a message */
	CU_ASSERT_EQUAL(commit(&f.carol, &id, m, "k").code, ES_OK);
	CU_ASSERT_TRUE_FATAL(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.result, OUTCOME_COMMITTED);
	CU_ASSERT_EQUAL(out.message_id, 2);
	CU_ASSERT_EQUAL(out.seq, 3);
	CU_ASSERT_EQUAL(out.version, 2);
	CU_ASSERT_TRUE(out.created_ms > 0);
	CU_ASSERT_FALSE(outcome_of(&f.foreign, &out));
	uuid_new(last.id.text); /* a repeat */
	CU_ASSERT_TRUE(outcome_of(&f.carol, &out));
	last.messages[0].body = "other";
	envelope_message_seal(&last.messages[0], &f.carol.user, "k", f.arena);
	CU_ASSERT_TRUE(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.code, ES_KEY_REUSED);
	m.if_version = 1;
	CU_ASSERT_EQUAL(commit(&f.carol, &id, m, "k2").code, ES_VERSION_CONFLICT);
	CU_ASSERT_TRUE_FATAL(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(out.code, ES_VERSION_CONFLICT);
	CU_ASSERT_FALSE(outcome_of(&f.foreign, &out));
}

/* A reaction has no key: the state is its outcome. */
static void
finds_the_outcome_of_a_reaction(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "outcomes 2", false);
	struct outcome out;

	(void)fixture_send(&f, &f.bob, &id, NULL, "one");
	CU_ASSERT_EQUAL(react(&f.carol, &id, 1, OP_REACT, ":a:"), ES_OK);
	CU_ASSERT_TRUE_FATAL(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.result, OUTCOME_COMMITTED);
	CU_ASSERT_EQUAL(out.message_id, 1);
	CU_ASSERT_FALSE(outcome_of(&f.foreign, &out));
	last.messages[0].op = OP_UNREACT; /* not committed yet */
	CU_ASSERT_FALSE(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(react(&f.carol, &id, 1, OP_UNREACT, ":a:"), ES_OK);
	CU_ASSERT_TRUE(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.result, OUTCOME_COMMITTED);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 9, OP_UNREACT, ":a:"), ES_NOT_FOUND);
	CU_ASSERT_TRUE(outcome_of(&f.carol, &out));
	CU_ASSERT_EQUAL(out.result, OUTCOME_REFUSED);
	CU_ASSERT_EQUAL(out.code, ES_NOT_FOUND);
}

static CU_TestInfo cases[] = {
    {"checks the right", checks_the_right},
    {"checks the edit window", checks_the_edit_window},
    {"keeps older texts for the author and admins",
	keeps_older_texts_for_the_author_and_admins},
    {"replays changes with the present text", replays_changes_with_the_present_text},
    {"finds the outcome of a change", finds_the_outcome_of_a_change},
    {"finds the outcome of a reaction", finds_the_outcome_of_a_reaction},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("message_change_store", cases, f)
