/* The encoding of events as frames: header, members, escapes, the size limit. */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "wire/event_frame.h"
#include "wire/frame_header.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c001"
#define USER    "01900000-0000-7000-8000-00000000a001"

static unsigned char buf[EVENT_FRAME_MAX];
static char json[EVENT_FRAME_MAX + 1];

/* Parses one whole unmasked text frame. Returns its payload, or NULL when the bytes are
 * anything else. */
static const char *
payload_of(struct event_frame f)
{
	size_t len, header = 2;

	if (f.len < 2 || f.bytes[0] != 0x81 || f.bytes[1] > 126)
		return NULL;
	len = f.bytes[1];
	if (len == 126) {
		header = 4;
		len = (size_t)f.bytes[2] << 8 | f.bytes[3];
		if (len < 126)
			return NULL;
	}
	if (header + len != f.len)
		return NULL;
	memcpy(json, f.bytes + header, len);
	json[len] = '\0';
	return json;
}

static struct event
message(const char *body)
{
	struct event ev = {.kind = EVENT_MESSAGE,
	    .display_name = "John",
	    .seq = 123,
	    .created_ms = 1767323045678,
	    .body = body,
	    .client_id = "c-1"};

	memcpy(ev.channel.text, CHANNEL, sizeof(CHANNEL));
	memcpy(ev.user.text, USER, sizeof(USER));
	return ev;
}

static void
test_message(void)
{
	struct event ev = message("Hello!");

	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_encode(&ev, buf)),
	    "{\"type\":\"message\",\"channelId\":\"" CHANNEL "\",\"userId\":\"" USER
	    "\",\"body\":\"Hello!\",\"seq\":123,\"prev\":122,\"payload\":{\"messageId\":"
	    "123,"
	    "\"senderDisplayName\":\"John\",\"createdAt\":\"2026-01-02T03:04:05.678Z\","
	    "\"clientMessageId\":\"c-1\",\"version\":1}}");
	ev.deleted = ev.edited = true;
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(payload_of(event_frame_encode(&ev, buf)), "\"body\":null,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, ",\"edited\":true,\"deleted\":true}}"));
}

static void
test_message_with_more(void)
{
	struct event ev = message("Hello!");

	ev.version = 3;
	ev.edited_ms = ev.created_ms + 1;
	ev.payload = "{\"threadId\":7}";
	CU_ASSERT_PTR_NOT_NULL(strstr(payload_of(event_frame_encode(&ev, buf)),
	    "\"version\":3,\"editedAt\":\"2026-01-02T03:04:05.679Z\",\"threadId\":7}}"));
	ev.payload = "{}";
	CU_ASSERT_PTR_NOT_NULL(strstr(payload_of(event_frame_encode(&ev, buf)),
	    "\"editedAt\":\"2026-01-02T03:04:05.679Z\"}}"));
}

static void
test_message_updated(void)
{
	struct event ev = message("Hello again!");

	ev.kind = EVENT_MESSAGE_UPDATED;
	ev.message_id = 100;
	ev.version = 2;
	ev.edited_ms = ev.created_ms;
	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_encode(&ev, buf)),
	    "{\"type\":\"message_updated\",\"channelId\":\"" CHANNEL
	    "\",\"userId\":\"" USER "\",\"body\":\"Hello again!\",\"seq\":123,"
	    "\"prev\":122,\"payload\":{\"messageId\":100,\"version\":2,"
	    "\"editedAt\":\"2026-01-02T03:04:05.678Z\"}}");
	ev.body = NULL; /* deleted since: a replay has no text */
	ev.deleted = true;
	ev.deleted_ms = ev.created_ms;
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(payload_of(event_frame_encode(&ev, buf)), "\"body\":null,"));
	CU_ASSERT_PTR_NOT_NULL(strstr(
	    json, ",\"deletedAt\":\"2026-01-02T03:04:05.678Z\",\"deleted\":true}}"));
}

static void
test_escape(void)
{
	struct event ev =
	    message("a\"b\\c\n\t\r\b\f\x01\x1f\x7f/\xc3\xa9\xf0\x9f\x98\x80");

	CU_ASSERT_PTR_NOT_NULL(strstr(payload_of(event_frame_encode(&ev, buf)),
	    "\"body\":\"a\\\"b\\\\c\\n\\t\\r\\b\\f\\u0001\\u001f\x7f/"
	    "\xc3\xa9\xf0\x9f\x98\x80\","));
}

static void
test_other_kinds(void)
{
	struct event ev = message(NULL);

	ev.kind = EVENT_MEMBER_JOINED;
	ev.payload = "{\"userId\":\"x\"}";
	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_encode(&ev, buf)),
	    "{\"type\":\"member_joined\",\"channelId\":\"" CHANNEL "\",\"userId\":\"" USER
	    "\",\"payload\":{\"userId\":\"x\"},\"seq\":123,\"prev\":122}");
	ev.kind = EVENT_CHANNEL_ARCHIVED;
	ev.payload = NULL;
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(payload_of(event_frame_encode(&ev, buf)), "\"payload\":{},\"seq\""));
	ev.kind = EVENT_TYPING;
	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_encode(&ev, buf)),
	    "{\"type\":\"typing_indicator\",\"channelId\":\"" CHANNEL
	    "\",\"userId\":\"" USER "\",\"payload\":{\"displayName\":\"John\"}}");
}

/* The body that needs the most escapes fits. A frame that does not fit becomes a gap. */
static void
test_limit(void)
{
	char *body = mem_new(1, 80000);
	struct event ev = message(body);

	memset(body, 1, 10000); /* JSON escapes each with six bytes */
	CU_ASSERT_PTR_NOT_NULL(
	    strstr(payload_of(event_frame_encode(&ev, buf)), "messageId"));
	memset(body, 'x', 70000);
	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_encode(&ev, buf)),
	    "{\"type\":\"gap\",\"channelId\":\"" CHANNEL
	    "\",\"payload\":{\"fromSeq\":123,"
	    "\"toSeq\":123,\"reason\":\"too_large\"}}");
	free(body);
}

static void
test_header_edges(void)
{
	char *body = mem_new(1, 400);
	struct event ev = message(body);
	unsigned wrong = 0;

	/* the kind with the shortest frame: 155 bytes with an empty name */
	ev.kind = EVENT_TYPING;
	for (size_t n = 0; n < 300; n++) {
		memset(body, 'x', n);
		ev.display_name = body;
		wrong += payload_of(event_frame_encode(&ev, buf)) == NULL;
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_STRING_EQUAL(payload_of(event_frame_presence(&ev.user, "idle", buf)),
	    "{\"type\":\"presence\",\"userId\":\"" USER
	    "\",\"payload\":{\"status\":\"idle\"}}");
	CU_ASSERT_EQUAL(buf[2], 0x81); /* 99 bytes: the short header */
	free(body);
}

/* RFC 6455 section 5.2: 7 bits, or 126 and 16 bits, or 127 and 64 bits. */
static void
test_header_reads_what_it_writes(void)
{
	static const struct {
		size_t payload, header;
		const char *bytes;
	} rows[] = {
	    {0, 2, "\x81\x00"},
	    {125, 2, "\x81\x7d"},
	    {126, 4, "\x81\x7e\x00\x7e"},
	    {65535, 4, "\x81\x7e\xff\xff"},
	    {65536, 10, "\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"},
	};

	for (size_t i = 0; i < ES_COUNT(rows); i++) {
		char header[FRAME_HEADER_MAX];

		CU_ASSERT_EQUAL(
		    frame_header(OPCODE_TEXT, rows[i].payload, header), rows[i].header);
		CU_ASSERT_EQUAL(frame_header_len(rows[i].payload), rows[i].header);
		CU_ASSERT_EQUAL(memcmp(header, rows[i].bytes, rows[i].header), 0);
		CU_ASSERT_EQUAL(frame_header_payload(header), rows[i].payload);
	}
}

/* The longest numbers and the longest reason fit GAP_FRAME_MAX. */
static void
test_longest_gap(void)
{
	const struct event ev = message("");
	const struct event_frame frame =
	    event_frame_gap(ev.channel.text, INT64_MIN, INT64_MIN, GAP_REPLAY_LIMIT, buf);
	size_t len;

	CU_ASSERT_TRUE(frame.len <= GAP_FRAME_MAX - FRAME_HEADER_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(payload_of(frame), "\"replay_limit\""));
	CU_ASSERT_EQUAL(
	    memcmp(event_frame_json(&frame, &len), "{\"type\":\"gap\"", 13), 0);
	CU_ASSERT_EQUAL(len, strlen(payload_of(frame)));
}

static CU_TestInfo cases[] = {
    {"a message has all members and both numbers", test_message},
    {"a message with more than a text", test_message_with_more},
    {"an edited message", test_message_updated},
    {"text is escaped according to RFC 8259", test_escape},
    {"other kinds carry their payload as it is", test_other_kinds},
    {"the longest body fits, a longer frame becomes a gap", test_limit},
    {"the header fits the length on both sides of 126", test_header_edges},
    {"a header is read as it was written", test_header_reads_what_it_writes},
    {"the longest gap fits", test_longest_gap},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/event_frame", cases)
