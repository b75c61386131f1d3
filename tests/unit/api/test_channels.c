/* Channels: the calls of the store, the events for push-servers, and the answers. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "rig.h"

#include "core/banned.h"

#define SHAPE \
	"\"channelId\":\"" RIG_CHANNEL "\",\"name\":\"lobby\",\"topic\":\"talk\"," \
	"\"isPrivate\":false,\"postingPolicy\":\"everyone\",\"kind\":\"channel\"," \
	"\"createdBy\":\"" RIG_ALICE "\",\"createdAt\":\"" RIG_TIME "\"," \
	"\"archivedAt\":null,\"role\":\"owner\",\"lastMessageId\":7,\"seq\":8"
#define WHOLE "{" SHAPE "}"
#define TOLD  "; announce_event(channel_updated 8)"

static void
read_one(void)
{
	static const struct rig_row rows[] = {
	    {"a channel", channels_get, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "channel_store_get(c001)", .says = WHOLE},
	    {"a malformed id", channels_get, .params = {"lobby"}, .rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
listed(void)
{
	static const struct rig_row rows[] = {
	    {"all", channels_list, .status = 200,
		.calls = "channel_store_list(member=false after=- limit=50)",
		.says = "{\"channels\":[" WHOLE "],\"nextCursor\":null}"},
	    {"the caller's", channels_list, .query = "member=true", .status = 200,
		.calls = "channel_store_list(member=true after=- limit=50)"},
	    {"without an owner", channels_list, .query = "orphaned=true", .status = 200,
		.calls = "channel_store_orphans( after=- limit=50)"},
	    {"of all kinds", channels_list, .query = "kind=all", .status = 200,
		.calls = "channel_store_list(member=false all after=- limit=50)"},
	    {"the caller's of all kinds", channels_list, .query = "member=true&kind=all",
		.status = 200,
		.calls = "channel_store_list(member=true all after=- limit=50)"},
	    {"both filters false", channels_list, .query = "member=false&orphaned=false",
		.status = 200,
		.calls = "channel_store_list(member=false after=- limit=50)"},
	    {"one of two filters true", channels_list,
		.query = "member=false&orphaned=true", .status = 200,
		.calls = "channel_store_orphans( after=- limit=50)"},
	    {"of the kind that is listed anyway", channels_list, .query = "kind=channel",
		.status = 200,
		.calls = "channel_store_list(member=false after=- limit=50)"},
	    {"of another kind", channels_list, .query = "kind=dm", .rc = ES_BAD_REQUEST,
		.field = "?kind"},
	    {"direct messages without an owner", channels_list,
		.query = "kind=all&orphaned=true", .rc = ES_BAD_REQUEST,
		.field = "?orphaned"},
	    {"both filters true", channels_list, .query = "member=true&orphaned=true",
		.rc = ES_BAD_REQUEST, .field = "?orphaned"},
	    {"a bad value of the first filter", channels_list, .query = "member=yes",
		.rc = ES_BAD_REQUEST, .field = "?member"},
	    {"a bad value of the second filter", channels_list, .query = "orphaned=1",
		.rc = ES_BAD_REQUEST, .field = "?orphaned"},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	for (size_t i = 0; i < 5; i++)
		rig_pages(&rows[i], "c002");
	rig_end();
}

static const struct rig_row made[] = {
    {"by its name", channels_create, .body = "{\"name\":\" lobby\"}", .status = 201,
	.calls = "channel_store_create(fresh name=lobby topic=- private=false policy=- "
		 "max=40)",
	.says = WHOLE, .location = "/api/v1/channels/" RIG_CHANNEL},
    {"by one letter, without a topic", channels_create,
	.body = "{\"name\":\"l\",\"topic\":\"\"}", .status = 201,
	.calls = "channel_store_create(fresh name=l topic= private=false policy=- "
		 "max=40)",
	.says = WHOLE, .location = "/api/v1/channels/" RIG_CHANNEL},
    {"with all members", channels_create,
	.body = "{\"name\":\"lobby\",\"topic\":\"talk \",\"isPrivate\":true,"
		"\"postingPolicy\":\"admins\"}",
	.status = 201,
	.calls = "channel_store_create(fresh name=lobby topic=talk private=true "
		 "policy=admins max=40)",
	.says = WHOLE, .location = "/api/v1/channels/" RIG_CHANNEL},
};

static const struct rig_row not_made[] = {
    {"no name", channels_create, .body = "{\"topic\":\"t\"}", .rc = ES_INVALID,
	.field = "name"},
    {"an empty name", channels_create, .body = "{\"name\":\"\"}", .rc = ES_INVALID,
	.field = "name"},
    {"another policy", channels_create,
	.body = "{\"name\":\"n\",\"postingPolicy\":\"owners\"}", .rc = ES_INVALID,
	.field = "postingPolicy"},
    {"an unknown member", channels_create, .body = "{\"name\":\"n\",\"x\":1}",
	.rc = ES_INVALID, .field = "x"},
    {"no body", channels_create, .rc = ES_BAD_REQUEST},
};

static void
created(void)
{
	rig_begin();
	rig.conf.user_channels = 40;
	RIG_ROWS(made);
	RIG_FAILURES(made);
	RIG_ROWS(not_made);
	rig_end();
}

/* Tries each field at its maximum length and one character longer, in POST and in PATCH.
 */
static void
name_and_topic_have_maximum_lengths(void)
{
	static const struct {
		const char *field;
		size_t max;
	} limits[] = {{"name", CHANNEL_NAME_MAX}, {"topic", TOPIC_MAX}};
	http_handler *const both[] = {channels_create, channels_patch};

	rig_begin();
	for (size_t i = 0; i < 2 * ES_COUNT(limits); i++) {
		const char *field = limits[i / 2].field;
		char text[2048], body[4096];
		const struct rig_row row = {
		    .handler = both[i % 2], .params = {RIG_CHANNEL}, .body = body};

		for (size_t over = 0; over < 2; over++) {
			const size_t n = limits[i / 2].max + over;

			CU_ASSERT_FATAL(n < sizeof(text));
			memset(text, 'x', n);
			text[n] = '\0';
			(void)snprintf(body, sizeof(body), "{%s\"%s\":\"%s\"}",
			    i / 2 == 1 ? "\"name\":\"n\"," : "", field, text);
			CU_ASSERT_EQUAL(rig_call(&row), over ? ES_INVALID : ES_OK);
			if (over)
				CU_ASSERT_STRING_EQUAL(rig.err.field, field);
		}
	}
	rig_end();
}

static void
lists_all_faults(void)
{
	static const struct rig_row rows[] = {
	    {"of a creation", channels_create,
		.body = "{\"name\":\"\",\"topic\":\"a\\u0001\",\"postingPolicy\":\"x\"}",
		.rc = ES_INVALID, .field = "name"},
	    {"of a change", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"name\":\"\",\"topic\":\"a\\u0001\",\"postingPolicy\":\"x\"}",
		.rc = ES_INVALID, .field = "name"},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		rig_begin();
		rig_rows(&rows[i], 1);
		CU_ASSERT_EQUAL_FATAL(rig.faults.n, 3);
		CU_ASSERT_STRING_EQUAL(rig.faults.items[1].field, "topic");
		CU_ASSERT_STRING_EQUAL(rig.faults.items[2].field, "postingPolicy");
	}
	rig_end();
}

#define PATCH "channel_store_patch(c001 "

static void
changed(void)
{
	static const struct rig_row rows[] = {
	    {"its name", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"name\":\"hall\"}", .status = 200,
		.calls = PATCH "name=hall topic=- private=- policy=-)" TOLD,
		.says = WHOLE},
	    {"its topic", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"topic\":\"new\"}", .status = 200,
		.calls = PATCH "name=- topic=new private=- policy=-)" TOLD},
	    {"an empty topic", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"topic\":\"\"}", .status = 200,
		.calls = PATCH "name=- topic= private=- policy=-)" TOLD},
	    {"by one letter", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"name\":\"h\"}", .status = 200,
		.calls = PATCH "name=h topic=- private=- policy=-)" TOLD},
	    {"no body", channels_patch, .params = {RIG_CHANNEL}, .rc = ES_BAD_REQUEST},
	    {"null as the topic", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"topic\":null}", .status = 200,
		.calls = PATCH "name=- topic= private=- policy=-)" TOLD},
	    {"private", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"isPrivate\":true}", .status = 200,
		.calls = PATCH "name=- topic=- private=true policy=-)" TOLD},
	    {"public", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"isPrivate\":false}", .status = 200,
		.calls = PATCH "name=- topic=- private=false policy=-)" TOLD},
	    {"its policy", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"postingPolicy\":\"admins\"}", .status = 200,
		.calls = PATCH "name=- topic=- private=- policy=admins)" TOLD},
	    {"a malformed id", channels_patch, .params = {"lobby"}, .body = "{}",
		.rc = ES_NOT_FOUND},
	    {"null as the name", channels_patch, .params = {RIG_CHANNEL},
		.body = "{\"name\":null}", .rc = ES_INVALID, .field = "name"},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static void
archived(void)
{
	static const struct rig_row rows[] = {
	    {"archived", channels_archive, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "channel_store_archive(c001)" TOLD, .says = WHOLE},
	    {"unarchived", channels_unarchive, .params = {RIG_CHANNEL}, .status = 200,
		.calls = "channel_store_unarchive(c001)" TOLD, .says = WHOLE},
	    {"archived: a malformed id", channels_archive, .params = {"lobby"},
		.rc = ES_NOT_FOUND},
	    {"unarchived: a malformed id", channels_unarchive, .params = {"lobby"},
		.rc = ES_NOT_FOUND},
	};

	rig_begin();
	RIG_ROWS(rows);
	RIG_FAILURES(rows);
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a channel is read", read_one},
    {"channels are listed", listed},
    {"a channel is created", created},
    {"name and topic have maximum lengths", name_and_topic_have_maximum_lengths},
    {"one answer lists all faults", lists_all_faults},
    {"a channel is changed", changed},
    {"a channel is archived and unarchived", archived},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("api/channels", cases)
