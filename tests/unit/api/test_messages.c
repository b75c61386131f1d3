/* History: where a page begins, and the link to the next page. A message is also read by
 * its number or by the sender's own id. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define IN_CHANNEL .params = {RIG_CHANNEL}
#define PAGE       "message_store_page(c001 "
#define MESSAGE \
	"{\"messageId\":7,\"channelId\":\"" RIG_CHANNEL "\",\"userId\":\"" RIG_BOB \
	"\",\"senderDisplayName\":\"Bob\",\"body\":\"hi\",\"createdAt\":\"" RIG_TIME \
	"\",\"seq\":7,\"prev\":6,\"clientMessageId\":\"k\",\"editedAt\":null," \
	"\"deleted\":false,\"deletedAt\":null,\"version\":3,\"reactions\":[" \
	"{\"emoji\":\":ok:\",\"count\":2,\"me\":true}]}"

static void
each_query_selects_a_page(void)
{
	static const struct rig_row rows[] = {
	    {"the latest", messages_list, IN_CHANNEL, .status = 200,
		.calls = PAGE "latest 0 limit=50)",
		.says = "{\"messages\":[" MESSAGE "],\"hasMore\":false,"
			"\"nextBefore\":null,\"limit\":50}"},
	    {"before", messages_list, IN_CHANNEL, .query = "before=9&limit=1",
		.status = 200, .calls = PAGE "before 9 limit=1)"},
	    {"after", messages_list, IN_CHANNEL, .query = "after=0&limit=200",
		.status = 200, .calls = PAGE "after 0 limit=200)",
		.says = "{\"messages\":[" MESSAGE "],\"hasMore\":false,"
			"\"nextAfter\":null,\"limit\":200}"},
	    {"around", messages_list, IN_CHANNEL, .query = "around=9007199254740991",
		.status = 200, .calls = PAGE "around 9007199254740991 limit=50)",
		.says = "{\"messages\":[" MESSAGE "],\"hasMore\":false,"
			"\"nextBefore\":null,\"nextAfter\":null,\"limit\":50}"},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
refused(void)
{
	static const struct rig_row rows[] = {
	    {"before and after", messages_list, IN_CHANNEL, .query = "before=9&after=1",
		.rc = ES_BAD_REQUEST},
	    {"around and after", messages_list, IN_CHANNEL, .query = "around=9&after=1",
		.rc = ES_BAD_REQUEST},
	    {"before and around, both 0", messages_list, IN_CHANNEL,
		.query = "before=0&around=0", .rc = ES_BAD_REQUEST},
	    {"not a number", messages_list, IN_CHANNEL, .query = "before=x",
		.rc = ES_BAD_REQUEST, .field = "?before"},
	    {"below 0", messages_list, IN_CHANNEL, .query = "after=-1", .rc = ES_INVALID,
		.field = "?after"},
	    {"above the maximum", messages_list, IN_CHANNEL,
		.query = "around=9007199254740992", .rc = ES_INVALID, .field = "?around"},
	    {"a page of 0", messages_list, IN_CHANNEL, .query = "limit=0",
		.rc = ES_INVALID, .field = "?limit"},
	    {"a page of 201", messages_list, IN_CHANNEL, .query = "limit=201",
		.rc = ES_INVALID, .field = "?limit"},
	    {"a malformed channel id", messages_list, .params = {"x"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	rig_end();
}

/* The members and the link that lead to the next page; link NULL: none. */
static void
the_link_leads_to_the_next_page(void)
{
	static const struct {
		const char *query;
		struct message_page page;
		const char *says, *link;
	} rows[] = {
	    {"limit=2", {.more = true, .next_before = 7},
		"\"hasMore\":true,\"nextBefore\":7,\"limit\":2}", "before=7&limit=2"},
	    {"before=9", {.more = true, .next_before = 7},
		"\"hasMore\":true,\"nextBefore\":7,\"limit\":50}", "before=7&limit=50"},
	    {"after=3", {.more = true, .next_after = 8},
		"\"hasMore\":true,\"nextAfter\":8,\"limit\":50}", "after=8&limit=50"},
	    {"around=9", {.more = true, .next_before = 7, .next_after = 11},
		"\"hasMore\":true,\"nextBefore\":7,\"nextAfter\":11,\"limit\":50}",
		"before=7&limit=50"},
	    /* There are only newer messages. The link leads to older messages, so the
	     * answer has none. */
	    {"around=9", {.more = false, .next_after = 11},
		"\"hasMore\":false,\"nextBefore\":null,\"nextAfter\":11,\"limit\":50}",
		NULL},
	    {"after=3", {.more = false, .next_after = 8},
		"\"hasMore\":false,\"nextAfter\":8,\"limit\":50}", NULL},
	    {"before=9", {.more = true}, "\"hasMore\":true,\"nextBefore\":null", NULL},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		const struct rig_row row = {
		    .handler = messages_list, IN_CHANNEL, .query = rows[i].query};
		const char *link;

		rig_begin();
		rig.messages = rows[i].page;
		CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
		CU_ASSERT_TRUE(rig_body_contains(rows[i].says));
		link = http_header_get(&rig.res, "Link");
		if (rows[i].link == NULL) {
			CU_ASSERT_PTR_NULL(link);
			continue;
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(link);
		CU_ASSERT_STRING_EQUAL(link,
		    arena_printf(rig.mem, "</here?%s>; rel=\"next\"", rows[i].link));
	}
	rig_end();
}

static void
an_empty_channel_has_an_empty_page(void)
{
	static const struct rig_row rows[] = {
	    {"no message yet", messages_list, IN_CHANNEL, .status = 200,
		.calls = PAGE "latest 0 limit=50)",
		.says = "{\"messages\":[],\"hasMore\":false,\"nextBefore\":null,"
			"\"limit\":50}"},
	};

	rig_begin();
	rig.n_items = 0;
	RIG_ROWS(rows);
	rig_end();
}

#define BY_NUMBER(n) .params = {RIG_CHANNEL, n}

static void
one_by_number(void)
{
	static const struct rig_row rows[] = {
	    {"a message", messages_get, BY_NUMBER("7"), .status = 200,
		.calls = "message_store_get(c001 7)", .says = MESSAGE},
	    {"the first", messages_get, BY_NUMBER("1"), .status = 200,
		.calls = "message_store_get(c001 1)"},
	    {"the maximum", messages_get, BY_NUMBER("9007199254740991"), .status = 200,
		.calls = "message_store_get(c001 9007199254740991)"},
	    {"0", messages_get, BY_NUMBER("0"), .rc = ES_NOT_FOUND},
	    {"above the maximum", messages_get, BY_NUMBER("9007199254740992"),
		.rc = ES_NOT_FOUND},
	    {"not a number", messages_get, BY_NUMBER("x"), .rc = ES_NOT_FOUND},
	    {"a malformed channel id", messages_get, .params = {"x", "7"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
deleted_message(void)
{
	const struct rig_row row = {.handler = messages_get, BY_NUMBER("7")};

	rig_begin();
	rig.message.deleted = true;
	rig.message.edited_ms = RIG_TIME_MS;
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains("\"body\":null"));
	CU_ASSERT_TRUE(
	    rig_body_contains("\"editedAt\":\"" RIG_TIME "\",\"deleted\":true"));
	rig_end();
}

#define CLIENT_ID(id) .params = {RIG_CHANNEL, id}
#define BY_CLIENT     "message_store_by_client_id(c001 k)"

static void
one_by_client_id(void)
{
	static const struct rig_row rows[] = {
	    {"committed", messages_by_client_id, CLIENT_ID("k"), .status = 200,
		.calls = BY_CLIENT, .says = MESSAGE},
	    {"a malformed id", messages_by_client_id, CLIENT_ID("a b"),
		.rc = ES_NOT_FOUND},
	    {"a malformed channel id", messages_by_client_id, .params = {"x", "k"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	CU_ASSERT_EQUAL(rig.res.status_instead, 0);
	rig_end();
}

/* A refused message is answered with 410 and the code of the refusal. */
static void
a_message_that_was_refused_at_commit_is_410(void)
{
	static const struct rig_row row = {"refused", messages_by_client_id,
	    CLIENT_ID("k"), .rc = ES_CHANNEL_ARCHIVED, .calls = BY_CLIENT};

	rig_begin();
	rig.fails = "message_store_by_client_id";
	rig.failure = ES_GONE;
	rig.refusal = ES_CHANNEL_ARCHIVED;
	rig_rows(&row, 1);
	CU_ASSERT_EQUAL(rig.res.status_instead, 410);
	CU_ASSERT_PTR_NOT_NULL(strstr(rig.err.text, es_code_title(ES_CHANNEL_ARCHIVED)));
	rig_end();
}

static CU_TestInfo cases[] = {
    {"each query selects a page", each_query_selects_a_page},
    {"bad queries are refused", refused},
    {"the link leads to the next page", the_link_leads_to_the_next_page},
    {"an empty channel has an empty page", an_empty_channel_has_an_empty_page},
    {"a message is read by its number", one_by_number},
    {"a deleted message has no body", deleted_message},
    {"a message is read by the sender's own id", one_by_client_id},
    {"a message that was refused at commit is 410",
	a_message_that_was_refused_at_commit_is_410},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/messages", cases)
