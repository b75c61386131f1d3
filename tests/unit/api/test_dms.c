/* Direct messages and groups: the calls of the store, and the answers. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"
#include "store/dm_store.h"

#include "core/banned.h"

#define PEOPLE \
	"[{\"userId\": \"" RIG_ALICE "\", \"displayName\": \"Alice\"}, " \
	"{\"userId\": \"" RIG_BOB "\", \"displayName\": \"Bob\"}]"
#define WHOLE \
	"{\"channelId\":\"" RIG_CHANNEL "\",\"name\":null,\"topic\":\"\"," \
	"\"isPrivate\":true,\"postingPolicy\":\"everyone\",\"kind\":\"dm\"," \
	"\"createdBy\":\"" RIG_ALICE "\",\"createdAt\":\"" RIG_TIME "\"," \
	"\"archivedAt\":null,\"role\":\"member\",\"lastMessageId\":7,\"seq\":8," \
	"\"members\":" PEOPLE "}"

static void
begin(void)
{
	rig_begin();
	rig.conf.user_dms = 30;
	rig.channel.name = NULL;
	rig.channel.topic = "";
	rig.channel.is_private = true;
	rig.channel.kind = "dm";
	rig.channel.role = "member";
	rig.channel.people = PEOPLE;
}

static void
opened(void)
{
	static const struct rig_row rows[] = {
	    {"with a user", dms_open, .body = "{\"userIds\":[\"" RIG_BOB "\"]}",
		.status = 201, .calls = "dm_store_open(max=30 a002)", .says = WHOLE,
		.location = "/api/v1/channels/" RIG_CHANNEL},
	    {"with a user and the caller", dms_open,
		.body = "{\"userIds\":[\"" RIG_BOB "\",\"" RIG_ALICE "\"]}",
		.status = 201, .calls = "dm_store_open(max=30 a002 a001)", .says = WHOLE,
		.location = "/api/v1/channels/" RIG_CHANNEL},
	};
	static const struct rig_row there = {"again", dms_open,
	    .body = "{\"userIds\":[\"" RIG_BOB "\"]}", .status = 200,
	    .calls = "dm_store_open(max=30 a002)", .says = WHOLE,
	    .location = "/api/v1/channels/" RIG_CHANNEL};

	begin();
	rig.added = true;
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig.added = false;
	rig_rows(&there, 1);
	rig_end();
}

static void
not_opened(void)
{
	static const struct rig_row rows[] = {
	    {"with nobody", dms_open, .body = "{\"userIds\":[]}", .rc = ES_INVALID,
		.field = "userIds"},
	    {"without the list", dms_open, .body = "{}", .rc = ES_INVALID,
		.field = "userIds"},
	    {"no id", dms_open, .body = "{\"userIds\":[\"" RIG_BOB "\",\"bob\"]}",
		.rc = ES_INVALID, .field = "userIds/1"},
	    {"a number", dms_open, .body = "{\"userIds\":[7]}", .rc = ES_INVALID,
		.field = "userIds/0"},
	    {"an unknown member", dms_open,
		.body = "{\"userIds\":[\"" RIG_BOB "\"],\"name\":\"n\"}",
		.rc = ES_INVALID, .field = "name"},
	    {"no body", dms_open, .rc = ES_BAD_REQUEST},
	};

	begin();
	RIG_ROWS(rows);
	rig_end();
}

/* Names DM_PEOPLE_MAX users, and one more. */
static void
a_list_has_at_most_nine_ids(void)
{
	char body[1024];
	const struct rig_row row = {.handler = dms_open, .body = body};

	begin();
	for (size_t over = 0; over < 2; over++) {
		size_t at = (size_t)snprintf(body, sizeof(body), "{\"userIds\":[");

		for (size_t i = 0; i < DM_PEOPLE_MAX + over; i++)
			at += (size_t)snprintf(body + at, sizeof(body) - at,
			    "%s\"" RIG_BOB "\"", i > 0 ? "," : "");
		(void)snprintf(body + at, sizeof(body) - at, "]}");
		CU_ASSERT_EQUAL(rig_call(&row), over ? ES_INVALID : ES_OK);
		if (over)
			CU_ASSERT_STRING_EQUAL(rig.err.field, "userIds");
	}
	rig_end();
}

static void
listed(void)
{
	static const struct rig_row rows[] = {
	    {"all", dms_list, .status = 200,
		.calls = "channel_store_list_direct( after=- limit=50)",
		.says = "{\"dms\":[" WHOLE "],\"nextCursor\":null}"},
	};

	begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_pages(&rows[0], "c002");
	rig_end();
}

static void
hidden(void)
{
	static const struct rig_row rows[] = {
	    {"hide", dms_hide, .params = {RIG_CHANNEL}, .body = "{\"hidden\":true}",
		.status = 204, .calls = "dm_store_hide(c001 hide=true)"},
	    {"show", dms_hide, .params = {RIG_CHANNEL}, .body = "{\"hidden\":false}",
		.status = 204, .calls = "dm_store_hide(c001 hide=false)"},
	};
	static const struct rig_row refused[] = {
	    {"a malformed id", dms_hide, .params = {"bob"}, .body = "{\"hidden\":true}",
		.rc = ES_NOT_FOUND},
	    {"neither", dms_hide, .params = {RIG_CHANNEL}, .body = "{}", .rc = ES_INVALID,
		.field = "hidden"},
	    {"no boolean", dms_hide, .params = {RIG_CHANNEL}, .body = "{\"hidden\":1}",
		.rc = ES_INVALID, .field = "hidden"},
	};

	begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	RIG_ROWS(refused);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"opened", opened},
    {"not opened", not_opened},
    {"a list has at most nine ids", a_list_has_at_most_nine_ids},
    {"listed", listed},
    {"hidden", hidden},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("dms", cases)
