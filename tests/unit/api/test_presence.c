/* Presence: the ids of a request, the users of the answer, and the choice of a caller. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "presence/presence_keys.h"
#include "rig.h"

#include "core/banned.h"

#define CAROL           "01900000-0000-7000-8000-00000000a003"
#define KNOWN(n, first) "user_store_known(" n " " first ")"
#define HMGET(n, first) \
	"; redis_cmd(HMGET es:p:t:" RIG_TENANT ", " n " fields from " first ")"
#define ONLINE(id) "{\"userId\":\"" id "\",\"status\":\"online\"}"

/* The last of several ids does not belong to a user of the tenant (fake_user_store.c). */
static void
asked(void)
{
	static const struct rig_row rows[] = {
	    {"one", presence_list, .query = "userIds=" RIG_BOB, .status = 200,
		.calls = KNOWN("1", "a002") HMGET("1", "a002"),
		.says = "{\"users\":[" ONLINE(RIG_BOB) "]}"},
	    {"a user of another tenant", presence_list,
		.query = "userIds=" RIG_BOB "," RIG_ALICE "," CAROL, .status = 200,
		.calls = KNOWN("3", "a002") HMGET("3", "a002"),
		.says = "{\"users\":[" ONLINE(RIG_BOB) "," ONLINE(RIG_ALICE) "]}"},
	    {"by a body", presence_query,
		.body = "{\"userIds\":[\"" RIG_BOB "\",\"" CAROL "\"]}", .status = 200,
		.calls = KNOWN("2", "a002") HMGET("2", "a002"),
		.says = "{\"users\":[" ONLINE(RIG_BOB) "]}"},
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
	    {"no ids", presence_list, .rc = ES_BAD_REQUEST, .field = "?userIds"},
	    {"an empty list", presence_list, .query = "userIds=", .rc = ES_BAD_REQUEST,
		.field = "?userIds"},
	    {"a malformed id", presence_list, .query = "userIds=" RIG_BOB ",x",
		.rc = ES_BAD_REQUEST, .field = "?userIds"},
	    {"a comma too many", presence_list, .query = "userIds=" RIG_BOB ",",
		.rc = ES_BAD_REQUEST, .field = "?userIds"},
	    {"no array", presence_query, .body = "{}", .rc = ES_INVALID,
		.field = "userIds"},
	    {"an empty array", presence_query, .body = "{\"userIds\":[]}",
		.rc = ES_INVALID, .field = "userIds"},
	    {"a malformed id in a body", presence_query,
		.body = "{\"userIds\":[\"" RIG_BOB "\",\"x\"]}", .rc = ES_INVALID,
		.field = "userIds/1"},
	    {"a number in a body", presence_query, .body = "{\"userIds\":[1]}",
		.rc = ES_INVALID, .field = "userIds/0"},
	};

	rig_begin();
	RIG_ROWS(rows);
	rig_end();
}

/* Writes n ids after `begin`, each in `quote`, and `end`. */
static void
write_ids(char *out, size_t size, const char *begin, const char *quote, size_t n,
    const char *end)
{
	size_t len = (size_t)snprintf(out, size, "%s", begin);

	for (size_t i = 0; i < n; i++) {
		len += (size_t)snprintf(out + len, size - len, "%s%s%s%s",
		    i > 0 ? "," : "", quote, RIG_BOB, quote);
		CU_ASSERT_FATAL(len < size);
	}
	(void)snprintf(out + len, size - len, "%s", end);
}

static void
how_many(void)
{
	static char query[8192], body[32768];
	const struct rig_row list = {.handler = presence_list, .query = query};
	const struct rig_row post = {.handler = presence_query, .body = body};

	rig_begin();
	write_ids(query, sizeof(query), "userIds=", "", 100, "");
	CU_ASSERT_EQUAL(rig_call(&list), ES_OK);
	CU_ASSERT_STRING_EQUAL(rig.calls.data, KNOWN("100", "a002") HMGET("100", "a002"));
	write_ids(query, sizeof(query), "userIds=", "", 101, "");
	CU_ASSERT_EQUAL(rig_call(&list), ES_BAD_REQUEST);
	CU_ASSERT_EQUAL(rig.n_calls, 0);
	write_ids(body, sizeof(body), "{\"userIds\":[", "\"", 500, "]}");
	CU_ASSERT_EQUAL(rig_call(&post), ES_OK);
	CU_ASSERT_STRING_EQUAL(rig.calls.data, KNOWN("500", "a002") HMGET("500", "a002"));
	write_ids(body, sizeof(body), "{\"userIds\":[", "\"", 501, "]}");
	CU_ASSERT_EQUAL(rig_call(&post), ES_INVALID);
	CU_ASSERT_EQUAL(rig.n_calls, 0);
	rig_end();
}

static void
a_caller_chooses_its_own_status(void)
{
	static const struct rig_row rows[] = {
	    {"online", presence_put_own, .body = "{\"status\":\"online\"}", .status = 204,
		.calls = "redis_eval(0001 a001 online 300000)"},
	    {"offline", presence_put_own, .body = "{\"status\":\"offline\"}",
		.status = 204, .calls = "redis_eval(0001 a001 offline 300000)"},
	    {"an unknown status", presence_put_own, .body = "{\"status\":\"busy\"}",
		.rc = ES_INVALID, .field = "status"},
	    {"none", presence_put_own, .body = "{}", .rc = ES_INVALID, .field = "status"},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a query returns the status of each user", asked},
    {"bad lists are refused", refused},
    {"the number of ids has a limit", how_many},
    {"a caller chooses its own status", a_caller_chooses_its_own_status},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/presence", cases)
