/* Members and bans of a channel, typing and read marks. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define BOTH \
	{ \
		RIG_CHANNEL, RIG_BOB \
	}
#define ME \
	{ \
		RIG_CHANNEL, "me" \
	}
#define EVENT "; announce_event(channel_updated 8)"
#define TWO   "; announce_events(2)"
#define MEMBER_OF(id) \
	"{\"userId\":\"" id "\",\"displayName\":\"Bob\",\"status\":\"active\"," \
	"\"role\":\"member\",\"joinedAt\":\"" RIG_TIME "\",\"lastReadMessageId\":5}"
#define MEMBER MEMBER_OF(RIG_BOB)

static struct event two[2];

static void
begin(void)
{
	rig_begin();
	rig.events = (struct event_list){two, ES_COUNT(two)};
}

static void
run(const struct rig_row rows[], size_t n)
{
	begin();
	rig_rows(rows, n);
	rig_rows_failures(rows, n);
	rig_end();
}

static void
joined_and_left(void)
{
	static const struct rig_row rows[] = {
	    {"join", members_join, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "channel_store_join(c001)" EVENT,
		.says = "{\"channelId\":\"" RIG_CHANNEL
			"\",\"name\":\"lobby\",\"topic\":\"talk\",\"isPrivate\":false,"
			"\"postingPolicy\":\"everyone\",\"kind\":\"channel\","
			"\"createdBy\":\"" RIG_ALICE "\",\"createdAt\":\"" RIG_TIME "\","
			"\"archivedAt\":null,\"role\":\"owner\",\"lastMessageId\":7,"
			"\"seq\":8}"},
	    {"leave", members_leave, .params = {RIG_CHANNEL}, .status = 204,
		.calls = "channel_store_leave(c001)" TWO},
	    {"join: a malformed id", members_join, .params = {"x"}, .rc = ES_NOT_FOUND},
	    {"leave: a malformed id", members_leave, .params = {"x"}, .rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

static void
listed(void)
{
	static const struct rig_row rows[] = {
	    {"members", members_list, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "member_store_list(c001 after=- limit=50)",
		.says = "{\"members\":[" MEMBER_OF(RIG_ALICE) "],\"nextCursor\":null}"},
	    {"bans", bans_list, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "ban_store_list(c001 after=- limit=50)",
		.says =
		    "{\"bans\":[{\"userId\":\"" RIG_ALICE "\",\"displayName\":\"Bob\","
		    "\"bannedBy\":\"" RIG_ALICE "\",\"bannedAt\":\"" RIG_TIME "\"}],"
		    "\"nextCursor\":null}"},
	    {"members: a malformed id", members_list, .params = {"x"},
		.rc = ES_NOT_FOUND},
	    {"bans: a malformed id", bans_list, .params = {"x"}, .rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
	begin();
	rig_pages(&rows[0], "a002");
	rig_pages(&rows[1], "a002");
	rig_end();
}

/* A cursor is valid for one channel and one list; any other use is refused. */
static void
cursors(void)
{
	static const char other[] = "01900000-0000-7000-8000-00000000c009";
	struct rig_row row = {.handler = members_list, .params = {RIG_CHANNEL}};
	char query[256];
	const char *link;

	begin();
	rig.more = true;
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	link = http_header_get(&rig.res, "Link");
	CU_ASSERT_PTR_NOT_NULL_FATAL(link);
	(void)snprintf(
	    query, sizeof(query), "%.*s", (int)strcspn(link + 7, ">"), link + 7);
	row.query = query;
	CU_ASSERT_EQUAL(rig_call(&row), ES_OK);
	row.params[0] = other;
	CU_ASSERT_EQUAL(rig_call(&row), ES_BAD_CURSOR);
	row.params[0] = RIG_CHANNEL;
	row.handler = bans_list;
	CU_ASSERT_EQUAL(rig_call(&row), ES_BAD_CURSOR);
	rig_end();
}

#define PUT "member_store_put(c001 a002 role="

static void
put(void)
{
	static const struct rig_row rows[] = {
	    {"without a body", members_put, .params = BOTH, .status = 200,
		.calls = PUT "-)" EVENT, .says = MEMBER},
	    {"an empty body", members_put, .params = BOTH, .body = "{}", .status = 200,
		.calls = PUT "-)" EVENT},
	    {"a body of one byte", members_put, .params = BOTH, .body = "x",
		.rc = ES_BAD_REQUEST},
	    {"an admin", members_put, .params = BOTH, .body = "{\"role\":\"admin\"}",
		.status = 200, .calls = PUT "admin)" EVENT},
	    {"an owner", members_put, .params = BOTH, .body = "{\"role\":\"owner\"}",
		.status = 200, .calls = PUT "owner)" EVENT},
	    {"oneself", members_put, .params = ME, .body = "{\"role\":\"member\"}",
		.status = 200, .calls = "member_store_put(c001 a001 role=member)" EVENT},
	    {"a role of the tenant", members_put, .params = BOTH,
		.body = "{\"role\":\"guest\"}", .rc = ES_INVALID, .field = "role"},
	    {"an unknown member", members_put, .params = BOTH, .body = "{\"x\":1}",
		.rc = ES_INVALID, .field = "x"},
	    {"a malformed channel id", members_put, .params = {"x", RIG_BOB},
		.rc = ES_NOT_FOUND},
	    {"a malformed user id", members_put, .params = {RIG_CHANNEL, "x"},
		.rc = ES_NOT_FOUND},
	};
	static const struct rig_row added[] = {
	    {"a user that is added", members_put, .params = BOTH, .status = 201,
		.calls = PUT "-)" EVENT, .says = MEMBER},
	};

	run(rows, ES_COUNT(rows));
	begin();
	rig.added = true;
	RIG_ROWS(added);
	rig_end();
}

static void
removed_and_banned(void)
{
	static const struct rig_row rows[] = {
	    {"remove", members_delete, .params = BOTH, .status = 204,
		.calls = "member_store_remove(c001 a002)" TWO},
	    {"remove oneself", members_delete, .params = ME, .status = 204,
		.calls = "member_store_remove(c001 a001)" TWO},
	    {"remove: a malformed channel id", members_delete, .params = {"x", RIG_BOB},
		.rc = ES_NOT_FOUND},
	    {"remove: a malformed user id", members_delete, .params = {RIG_CHANNEL, "x"},
		.rc = ES_NOT_FOUND},
	    {"ban", bans_put, .params = BOTH, .status = 204,
		.calls = "member_store_ban(c001 a002)" TWO},
	    {"ban: a malformed channel id", bans_put, .params = {"x", RIG_BOB},
		.rc = ES_NOT_FOUND},
	    {"ban: a malformed user id", bans_put, .params = {RIG_CHANNEL, "x"},
		.rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

/* When no ban is found, the handler checks that the id belongs to a user. */
static void
ban_lifted(void)
{
	static const struct rig_row lifted[] = {
	    {"a ban", bans_delete, .params = BOTH, .status = 204,
		.calls = "ban_store_lift(c001 a002)"},
	    {"a malformed channel id", bans_delete, .params = {"x", RIG_BOB},
		.rc = ES_NOT_FOUND},
	    {"a malformed user id", bans_delete, .params = {RIG_CHANNEL, "x"},
		.rc = ES_NOT_FOUND},
	};
	static const struct rig_row none[] = {
	    {"no ban", bans_delete, .params = BOTH, .status = 204,
		.calls = "ban_store_lift(c001 a002); user_store_get(a002)"},
	};

	begin();
	rig.lifted = true;
	RIG_ROWS(lifted);
	RIG_FAILURES(lifted);
	rig_end();
	run(none, ES_COUNT(none));
}

static void
typing_and_read(void)
{
	static const struct rig_row rows[] = {
	    {"typing", typing_post, .params = {RIG_CHANNEL}, .status = 204,
		.calls = "channel_access_check_post(c001); announce_typing(c001)"},
	    {"typing: a malformed id", typing_post, .params = {"x"}, .rc = ES_NOT_FOUND},
	    {"read", read_mark_put, .params = {RIG_CHANNEL}, .body = "{\"messageId\":7}",
		.status = 204, .calls = "read_mark_store_read(c001 7)"},
	    {"read: no message", read_mark_put, .params = {RIG_CHANNEL},
		.body = "{\"messageId\":0}", .status = 204,
		.calls = "read_mark_store_read(c001 0)"},
	    {"read: the maximum, as text", read_mark_put, .params = {RIG_CHANNEL},
		.body = "{\"messageId\":\"9007199254740991\"}", .status = 204,
		.calls = "read_mark_store_read(c001 9007199254740991)"},
	    {"read: above the maximum", read_mark_put, .params = {RIG_CHANNEL},
		.body = "{\"messageId\":9007199254740992}", .rc = ES_INVALID,
		.field = "messageId"},
	    {"read: below 0", read_mark_put, .params = {RIG_CHANNEL},
		.body = "{\"messageId\":-1}", .rc = ES_INVALID, .field = "messageId"},
	    {"read: without a number", read_mark_put, .params = {RIG_CHANNEL},
		.body = "{}", .rc = ES_INVALID, .field = "messageId"},
	    {"read: a malformed channel id", read_mark_put, .params = {"x"},
		.body = "{\"messageId\":7}", .rc = ES_NOT_FOUND},
	};

	run(rows, ES_COUNT(rows));
}

static CU_TestInfo cases[] = {
    {"join and leave", joined_and_left},
    {"members and bans are listed", listed},
    {"a cursor is valid for one list of one channel", cursors},
    {"a member is added or changed", put},
    {"a member is removed or banned", removed_and_banned},
    {"a ban is lifted", ban_lifted},
    {"typing and read marks", typing_and_read},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/members", cases)
