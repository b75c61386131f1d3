/* Read marks, unread counts, who has read a message, and what lists of channels
 * include. */
#include <stdio.h>
#include <string.h>

#include "cunit_main.h"
#include "handlers/handlers.h"
#include "rig.h"

#include "core/banned.h"

#define IN_CHANNEL .params = {RIG_CHANNEL}
#define COUNTS     "\"lastReadMessageId\":4,\"unread\":3,\"unreadCapped\":false"
#define OF_MESSAGE .params = {RIG_CHANNEL, "7"}

static void
begin(void)
{
	rig_begin();
	rig.conf.receipt_members = 100;
	rig.mark = (struct read_mark){.stands = 7, .members = 100};
	rig.unread = (struct unread){
	    .channel = {RIG_CHANNEL}, .last_seq = 8, .last_read_seq = 4, .unread = 3};
}

static void
run(const struct rig_row rows[], size_t n, bool failures)
{
	begin();
	rig_rows(rows, n);
	if (failures)
		rig_rows_failures(rows, n);
	rig_end();
}

#define READ "announce_read(c001 7)"

static void
marks(void)
{
	static const struct rig_row rows[] = {
	    {"read", read_mark_put, IN_CHANNEL, .body = "{\"messageId\":7}",
		.status = 204,
		.calls =
		    "read_mark_store_read(c001 7); " READ "; announce_receipt(c001 7)"},
	    {"read, not unread", read_mark_put, IN_CHANNEL,
		.body = "{\"messageId\":7,\"unread\":false}", .status = 204,
		.calls =
		    "read_mark_store_read(c001 7); " READ "; announce_receipt(c001 7)"},
	    {"past the head: the receipt names the head", read_mark_put, IN_CHANNEL,
		.body = "{\"messageId\":9}", .status = 204,
		.calls =
		    "read_mark_store_read(c001 9); " READ "; announce_receipt(c001 7)"},
	    {"the mark has not moved", read_mark_put, IN_CHANNEL,
		.body = "{\"messageId\":6}", .status = 204,
		.calls = "read_mark_store_read(c001 6)"},
	    {"unread sends no receipt", read_mark_put, IN_CHANNEL,
		.body = "{\"messageId\":7,\"unread\":true}", .status = 204,
		.calls = "read_mark_store_unread(c001 7); announce_read(c001 6)"},
	};
	static const struct rig_row refused[] = {
	    {"unread is no boolean", read_mark_put, IN_CHANNEL,
		.body = "{\"messageId\":7,\"unread\":1}", .rc = ES_INVALID,
		.field = "unread"},
	};

	run(rows, ES_COUNT(rows), true);
	run(refused, ES_COUNT(refused), false);
}

static void
receipts_have_a_limit(void)
{
	static const struct rig_row none[] = {
	    {"no receipt", read_mark_put, IN_CHANNEL, .body = "{\"messageId\":7}",
		.status = 204, .calls = "read_mark_store_read(c001 7); " READ},
	};
	static const struct rig_row nothing[] = {
	    {"no event", read_mark_put, IN_CHANNEL, .body = "{\"messageId\":7}",
		.status = 204, .calls = "read_mark_store_read(c001 7)"},
	};

	begin();
	rig.mark.members = 101;
	RIG_ROWS(none);
	rig.mark.members = 0; /* switched off */
	RIG_ROWS(none);
	rig.mark = (struct read_mark){.stands = 0, .members = 2};
	RIG_ROWS(nothing);
	rig.mark = (struct read_mark){.stands = 7, .members = 1};
	rig.conf.receipt_members = 0;
	RIG_ROWS(none);
	rig_end();
}

static void
unread_is_listed(void)
{
	static const struct rig_row rows[] = {
	    {"unread", unread_list, .status = 200,
		.calls = "unread_store_list(all=false after=- limit=50)",
		.says = "{\"channels\":[{\"channelId\":\"" RIG_CHANNEL
			"\",\"lastSeq\":8,\"lastReadSeq\":4," COUNTS
			"}],\"nextCursor\":null}"},
	    {"all", unread_list, .query = "all=true&limit=200", .status = 200,
		.calls = "unread_store_list(all=true after=- limit=200)"},
	};
	static const struct rig_row refused[] = {
	    {"all is no boolean", unread_list, .query = "all=1", .rc = ES_BAD_REQUEST,
		.field = "?all"},
	    {"a page of 201", unread_list, .query = "limit=201", .rc = ES_INVALID,
		.field = "?limit"},
	    {"a foreign cursor", unread_list, .query = "cursor=x", .rc = ES_BAD_CURSOR,
		.field = "?cursor"},
	};

	run(rows, ES_COUNT(rows), true);
	run(refused, ES_COUNT(refused), false);
	begin();
	rig_pages(&rows[0], "c002");
	rig_end();
}

static void
readers_are_listed(void)
{
	static const struct rig_row rows[] = {
	    {"readers", unread_readers, OF_MESSAGE, .status = 200,
		.calls = "receipt_store_readers(c001 7 max=100 after=- limit=50)",
		.says = "{\"readers\":[{\"userId\":\"" RIG_ALICE
			"\",\"displayName\":\"Bob\"}],\"nextCursor\":null}"},
	};
	static const struct rig_row refused[] = {
	    {"a malformed channel id", unread_readers, .params = {"x", "7"},
		.rc = ES_NOT_FOUND},
	    {"a malformed message id", unread_readers, .params = {RIG_CHANNEL, "x"},
		.rc = ES_NOT_FOUND},
	    {"a page of 0", unread_readers, OF_MESSAGE, .query = "limit=0",
		.rc = ES_INVALID, .field = "?limit"},
	};

	run(rows, ES_COUNT(rows), true);
	run(refused, ES_COUNT(refused), false);
	begin();
	rig_pages(&rows[0], "a002");
	rig_end();
}

static void
lists_include(void)
{
	static const struct rig_row rows[] = {
	    {"unread of a list", channels_list, .query = "include=unread", .status = 200,
		.calls = "channel_store_list(member=false after=- limit=50); "
			 "unread_store_of(c001 1)"},
	    {"both, of one", channels_get, IN_CHANNEL,
		.query = "include=lastMessage,unread", .status = 200,
		.calls = "channel_store_get(c001); unread_store_of(c001 1); "
			 "message_store_newest(c001 1)"},
	};
	static const struct rig_row refused[] = {
	    {"an unknown word", channels_list, .query = "include=unread,x",
		.rc = ES_BAD_REQUEST, .field = "?include"},
	    {"an empty list", channels_get, IN_CHANNEL,
		.query = "include=", .rc = ES_BAD_REQUEST, .field = "?include"},
	    {"the start of a word", channels_get, IN_CHANNEL, .query = "include=unrea",
		.rc = ES_BAD_REQUEST, .field = "?include"},
	};

	run(rows, ES_COUNT(rows), true);
	run(refused, ES_COUNT(refused), false);
	begin();
	CU_ASSERT_EQUAL(rig_call(&rows[1]), ES_OK);
	CU_ASSERT_TRUE(
	    rig_body_contains("\"seq\":8," COUNTS ",\"lastMessage\":{\"messageId\":7,"));
	rig.unread.last_seq = 0; /* the caller is not a member */
	rig.message.id = 0;      /* the channel has no message */
	CU_ASSERT_EQUAL(rig_call(&rows[1]), ES_OK);
	CU_ASSERT_TRUE(rig_body_contains("\"lastReadMessageId\":null,\"unread\":null,"
					 "\"unreadCapped\":null,\"lastMessage\":null}"));
	rig_end();
	begin();
	rig.n_items = 1;
	rig.more = true;
	CU_ASSERT_EQUAL(rig_call(&(struct rig_row){.handler = channels_list,
			    .query = "member=true&include=lastMessage,unread"}),
	    ES_OK);
	CU_ASSERT_PTR_NOT_NULL(strstr(http_header_get(&rig.res, "Link"),
	    "?member=true&include=unread,lastMessage&limit=50&cursor="));
	rig_end();
}

static void
messages_are_read_by_ids(void)
{
	static const struct rig_row rows[] = {
	    {"one", messages_list, IN_CHANNEL, .query = "ids=7", .status = 200,
		.calls = "message_store_by_ids(c001 n=1 7..7)"},
	    {"three", messages_list, IN_CHANNEL, .query = "ids=9,1,9007199254740991",
		.status = 200,
		.calls = "message_store_by_ids(c001 n=3 9..9007199254740991)"},
	};
	static const struct rig_row refused[] = {
	    {"no id", messages_list, IN_CHANNEL, .query = "ids=", .rc = ES_BAD_REQUEST,
		.field = "?ids"},
	    {"no id at the end", messages_list, IN_CHANNEL, .query = "ids=1,",
		.rc = ES_BAD_REQUEST, .field = "?ids"},
	    {"id 0", messages_list, IN_CHANNEL, .query = "ids=0", .rc = ES_BAD_REQUEST,
		.field = "?ids"},
	    {"with a limit", messages_list, IN_CHANNEL, .query = "ids=1&limit=3",
		.rc = ES_BAD_REQUEST, .field = "?ids"},
	};
	struct rig_row most = {"100", messages_list, IN_CHANNEL, .status = 200,
	    .calls = "message_store_by_ids(c001 n=100 7..7)"};
	char query[512] = "ids=7";

	run(rows, ES_COUNT(rows), true);
	run(refused, ES_COUNT(refused), false);
	for (int i = 1; i < 100; i++)
		(void)snprintf(
		    query + strlen(query), sizeof(query) - strlen(query), ",7");
	most.query = query;
	run(&most, 1, false);
	(void)snprintf(query + strlen(query), sizeof(query) - strlen(query), ",7");
	begin();
	CU_ASSERT_EQUAL(rig_call(&most), ES_BAD_REQUEST);
	CU_ASSERT_STRING_EQUAL(rig.err.text, "at most 100 ids");
	rig_end();
}

static CU_TestInfo cases[] = {
    {"a read mark moves forward, or back to unread", marks},
    {"receipts have a limit of members", receipts_have_a_limit},
    {"unread counts are listed", unread_is_listed},
    {"readers of a message are listed", readers_are_listed},
    {"lists of channels include counts and messages", lists_include},
    {"messages are read by their ids", messages_are_read_by_ids},
    CU_TEST_INFO_NULL,
};
CUNIT_MAIN("api/unread", cases)
