/* The users behind a reaction, and the older texts of a message. */
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define OF(n) .params = {RIG_CHANNEL, n}

static void
users_behind_an_emoji(void)
{
	static const struct rig_row rows[] = {
	    {"the first page", message_reactions, OF("7"), .query = "emoji=:ok:&limit=9",
		.status = 200,
		.calls = "reaction_store_list(c001 7 :ok: after=- limit=9)"},
	    {"an emoji", message_reactions, OF("7"), .query = "emoji=%F0%9F%91%8D",
		.status = 200,
		.calls = "reaction_store_list(c001 7 \U0001f44d after=- limit=50)"},
	};
	static const struct rig_row refused[] = {
	    {"no emoji", message_reactions, OF("7"), .rc = ES_BAD_REQUEST,
		.field = "?emoji"},
	    {"a letter", message_reactions, OF("7"), .query = "emoji=a", .rc = ES_INVALID,
		.field = "?emoji"},
	    {"a page of 0", message_reactions, OF("7"), .query = "emoji=:ok:&limit=0",
		.rc = ES_INVALID, .field = "?limit"},
	    {"a foreign cursor", message_reactions, OF("7"),
		.query = "emoji=:ok:&cursor=x", .rc = ES_BAD_CURSOR, .field = "?cursor"},
	    {"a malformed message id", message_reactions, OF("x"),
		.query = "emoji=:ok:", .rc = ES_NOT_FOUND},
	    {"a malformed channel id", message_reactions, .params = {"x", "7"},
		.query = "emoji=:ok:", .rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	RIG_ROWS(refused);
	CU_ASSERT_EQUAL(rig_call(&rows[1]), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains("{\"emoji\":\"\U0001f44d\",\"users\":["));
	CU_ASSERT_TRUE(
	    rig_body_contains("\"displayName\":\"Bob\",\"reactedAt\":\"" RIG_TIME "\"}"));
	CU_ASSERT_TRUE(rig_body_contains("\"nextCursor\":null}"));
	CU_ASSERT_PTR_NULL(http_header_get(&rig.res, "Link"));
	rig.more = true;
	CU_ASSERT_EQUAL(rig_call(&rows[1]), ES_OK);
	CU_ASSERT_PTR_NOT_NULL_FATAL(http_header_get(&rig.res, "Link"));
	CU_ASSERT_PTR_NOT_NULL(strstr(http_header_get(&rig.res, "Link"),
	    "</here?emoji=%F0%9F%91%8D&limit=50&cursor="));
	rig_end();
}

static void
older_texts(void)
{
	static const struct rig_row rows[] = {
	    {"the newest", message_revisions, OF("7"), .status = 200,
		.calls = "message_change_store_revisions(c001 7"
			 " before=9007199254740991 limit=50)",
		.says = "{\"revisions\":[{\"version\":9,\"body\":\"old\",\"replacedBy\":"
			"\"" RIG_BOB "\",\"replacedAt\":\"" RIG_TIME
			"\"}],\"nextBefore\":null,\"limit\":50}"},
	    {"the next page", message_revisions, OF("7"), .query = "before=9&limit=1",
		.status = 200,
		.calls = "message_change_store_revisions(c001 7 before=9 limit=1)"},
	};
	static const struct rig_row refused[] = {
	    {"below 1", message_revisions, OF("7"), .query = "before=0", .rc = ES_INVALID,
		.field = "?before"},
	    {"a page of 201", message_revisions, OF("7"), .query = "limit=201",
		.rc = ES_INVALID, .field = "?limit"},
	    {"a malformed message id", message_revisions, OF("0"), .rc = ES_NOT_FOUND},
	    {"a malformed channel id", message_revisions, .params = {"x", "7"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	rig.n_items = 1;
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	RIG_ROWS(refused);
	rig.more = true;
	CU_ASSERT_EQUAL(rig_call(&rows[0]), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains("\"nextBefore\":9,\"limit\":50}"));
	CU_ASSERT_STRING_EQUAL(
	    http_header_get(&rig.res, "Link"), "</here?before=9&limit=50>; rel=\"next\"");
	rig_end();
}

static CU_TestInfo cases[] = {
    {"the users behind an emoji", users_behind_an_emoji},
    {"older texts", older_texts},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/message_detail", cases)
