/* The reactions that messages show, and the users behind one emoji. */
#include "store/reaction_store.h"

#include <string.h>

#include "cunit_main.h"
#include "store/message_store.h"
#include "store_fixture.h"

#include "core/banned.h"

static struct fixture f;
static struct message message;

static enum es_code
react(const struct actor *who, const struct channel_id *id, int64_t target,
    enum envelope_op op, const char *emoji)
{
	return fixture_react(&f, who, id, target, op, emoji, NULL).code;
}

static const char *
reactions_of(const struct message *m)
{
	struct text t;

	text_init(&t, f.arena, 4096);
	for (size_t i = 0; i < m->n_reactions; i++)
		text_addf(&t, "%s%s %d%s", i == 0 ? "" : ", ", m->reactions[i].emoji,
		    (int)m->reactions[i].count, m->reactions[i].me ? " me" : "");
	return t.data;
}

/* The page as text: each message with its reactions. */
static const char *
page_of(const struct actor *who, const struct channel_id *id, enum message_where where,
    int64_t from, int64_t limit)
{
	const struct message_query query = {where, from, limit};
	struct message_page page;
	struct text t;

	text_init(&t, f.arena, 4096);
	FINE(message_store_page(f.pg, who, id, &query, f.arena, &page, &f.err));
	for (size_t i = 0; i < page.n; i++)
		text_addf(&t, "%s%d(%s)", i == 0 ? "" : " ", (int)page.items[i].id,
		    reactions_of(&page.items[i]));
	return t.data;
}

static void
shows_reactions_with_messages(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "reactions", false);
	enum es_code refusal;

	for (int i = 0; i < 5; i++)
		(void)fixture_send(
		    &f, &f.bob, &id, i == 1 ? "c-2" : NULL, "x"); /* 1 to 5 */
	CU_ASSERT_EQUAL(react(&f.bob, &id, 2, OP_REACT, ":z:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 2, OP_REACT, ":a:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.bob, &id, 2, OP_REACT, ":a:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 4, OP_REACT, ":b:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 5, OP_REACT, ":b:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 5, OP_UNREACT, ":b:"), ES_OK);
#define PAGE(who, where, from, limit) page_of(&(who), &id, where, from, limit)
	CU_ASSERT_STRING_EQUAL(PAGE(f.bob, MESSAGES_LATEST, 0, 9),
	    "5() 4(:b: 1) 3() 2(:z: 1 me, :a: 2 me) 1()");
	CU_ASSERT_STRING_EQUAL(PAGE(f.carol, MESSAGES_LATEST, 0, 2), "5() 4(:b: 1 me)");
	CU_ASSERT_STRING_EQUAL(
	    PAGE(f.carol, MESSAGES_BEFORE, 4, 2), "3() 2(:z: 1, :a: 2 me)");
	CU_ASSERT_STRING_EQUAL(
	    PAGE(f.admin, MESSAGES_AFTER, 1, 3), "2(:z: 1, :a: 2) 3() 4(:b: 1)");
	CU_ASSERT_STRING_EQUAL(
	    PAGE(f.bob, MESSAGES_AROUND, 3, 4), "5() 4(:b: 1) 3() 2(:z: 1 me, :a: 2 me)");
	FINE(message_store_get(f.pg, &f.carol, &id, 2, f.arena, &message, &f.err));
	CU_ASSERT_STRING_EQUAL(reactions_of(&message), ":z: 1, :a: 2 me");
	FINE(message_store_by_client_id(
	    f.pg, &f.bob, &id, "c-2", f.arena, &message, &refusal, &f.err));
	CU_ASSERT_STRING_EQUAL(reactions_of(&message), ":z: 1 me, :a: 2 me");
	for (int i = 0; i < MESSAGE_REACTIONS_MAX + 5; i++)
		CU_ASSERT_EQUAL(react(&f.bob, &id, 1, OP_REACT,
				    arena_printf(f.arena, ":e%02d:", 50 - i)),
		    ES_OK);
	FINE(message_store_get(f.pg, &f.bob, &id, 1, f.arena, &message, &f.err));
	CU_ASSERT_EQUAL(message.n_reactions, MESSAGE_REACTIONS_MAX);
	CU_ASSERT_STRING_EQUAL(message.reactions[0].emoji, ":e50:");
	CU_ASSERT_EQUAL(
	    fixture_change(&f, &f.bob, &id,
		(struct envelope_message){.op = OP_DELETE, .target = 2}, NULL, NULL)
		.code,
	    ES_OK);
	FINE(message_store_get(f.pg, &f.bob, &id, 2, f.arena, &message, &f.err));
	CU_ASSERT_TRUE(message.deleted && message.deleted_ms > 0);
	CU_ASSERT_EQUAL(message.n_reactions, 0);
}

static void
shows_reactions_of_chosen_messages(void)
{
	const struct channel_id ids[] = {fixture_channel(&f, &f.bob, "newest", false),
	    fixture_channel(&f, &f.bob, "newest 2", false),
	    fixture_channel(&f, &f.bob, "newest 3", false)};
	const int64_t wanted[] = {3, 1};
	struct message_page page;
	struct message *newest;
	const char *said = "";
	size_t n;

	for (size_t i = 0; i < 2; i++)
		for (int k = 0; k < 3; k++)
			(void)fixture_send(&f, &f.bob, &ids[i], NULL, "x"); /* 1 to 3 */
	CU_ASSERT_EQUAL(react(&f.bob, &ids[0], 1, OP_REACT, ":one:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.bob, &ids[0], 2, OP_REACT, ":two:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &ids[0], 3, OP_REACT, ":three:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.bob, &ids[1], 3, OP_REACT, ":other:"), ES_OK);
	FINE(message_store_by_ids(
	    f.pg, &f.bob, &ids[0], wanted, 2, f.arena, &page, &f.err));
	CU_ASSERT_EQUAL_FATAL(page.n, 2);
	CU_ASSERT_STRING_EQUAL(reactions_of(&page.items[0]), ":three: 1");
	CU_ASSERT_STRING_EQUAL(reactions_of(&page.items[1]), ":one: 1 me");
	FINE(message_store_newest(f.pg, &f.bob, ids, 3, f.arena, &newest, &n, &f.err));
	CU_ASSERT_EQUAL_FATAL(n, 2);
	for (size_t i = 0; i < 2; i++) {
		for (size_t k = 0; k < n; k++)
			if (strcmp(newest[k].channel.text, ids[i].text) == 0)
				said = reactions_of(&newest[k]);
		CU_ASSERT_STRING_EQUAL(said, i == 0 ? ":three: 1" : ":other: 1 me");
	}
}

static void
lists_the_users_behind_an_emoji(void)
{
	const struct channel_id id = fixture_channel(&f, &f.bob, "reactors", false);
	struct reactor_page page;

#define REACTORS(who, number, emoji, after, limit) \
	reaction_store_list( \
	    f.pg, &(who), &id, number, emoji, after, limit, f.arena, &page, &f.err)
	(void)fixture_send(&f, &f.bob, &id, NULL, "x");
	CU_ASSERT_EQUAL(react(&f.bob, &id, 1, OP_REACT, ":a:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 1, OP_REACT, ":a:"), ES_OK);
	CU_ASSERT_EQUAL(react(&f.carol, &id, 1, OP_REACT, ":b:"), ES_OK);
	FINE(REACTORS(f.admin, 1, ":a:", NULL, 1));
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	CU_ASSERT_TRUE(page.more);
	SAME(page.items[0].user, f.bob.user);
	CU_ASSERT_STRING_EQUAL(page.items[0].display_name, "Bob");
	CU_ASSERT_TRUE(page.items[0].reacted_ms > 0);
	FINE(REACTORS(f.admin, 1, ":a:", &f.bob.user, 1));
	CU_ASSERT_EQUAL_FATAL(page.n, 1);
	CU_ASSERT_FALSE(page.more);
	SAME(page.items[0].user, f.carol.user);
	FINE(REACTORS(f.admin, 1, ":none:", NULL, 9));
	CU_ASSERT_EQUAL(page.n, 0);
	REFUSED(f, REACTORS(f.bob, 9, ":a:", NULL, 9), ES_NOT_FOUND, STORE_NO_MESSAGE);
	REFUSED(f, REACTORS(f.guest, 1, ":a:", NULL, 9), ES_NOT_FOUND, STORE_NO_CHANNEL);
	REFUSED(
	    f, REACTORS(f.foreign, 1, ":a:", NULL, 9), ES_NOT_FOUND, STORE_NO_CHANNEL);
}

static CU_TestInfo cases[] = {
    {"shows reactions with messages", shows_reactions_with_messages},
    {"shows reactions of chosen messages", shows_reactions_of_chosen_messages},
    {"lists the users behind an emoji", lists_the_users_behind_an_emoji},
    CU_TEST_INFO_NULL,
};
STORE_MAIN("reaction_store", cases, f)
