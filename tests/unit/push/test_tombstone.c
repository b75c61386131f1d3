/* The frame of a deleted message: valid JSON of the same length, without the text, for
 * texts, names and ids of every length. */
#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "cunit_main.h"
#include "wire/event_frame.h"
#include "wire/tombstone.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define CHANNEL "01900000-0000-7000-8000-00000000c001"
#define USER    "01900000-0000-7000-8000-00000000a001"

static unsigned char before[EVENT_FRAME_MAX], frame[EVENT_FRAME_MAX];

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

static char json[EVENT_FRAME_MAX + 1];

/* Parses the frame into json. */
static void
check_json(size_t frame_len, const char *type)
{
	const struct event_frame f = {frame, frame_len};
	struct arena *a = arena_new();
	const struct json_tree *tree;
	struct es_err err;
	char start[200];
	size_t len;
	const char *text = event_frame_json(&f, &len);

	memcpy(json, text, len);
	json[len] = '\0';
	CU_ASSERT_EQUAL(json_tree_parse(json, len, a, &tree, &err), ES_OK);
	(void)snprintf(start, sizeof(start),
	    "{\"type\":\"%s\",\"channelId\":\"" CHANNEL "\",\"userId\":\"" USER
	    "\",\"body\":null,",
	    type);
	CU_ASSERT_EQUAL(strncmp(json, start, strlen(start)), 0);
	arena_free(&a);
}

/* Returns the JSON of the tombstone of ev, and checks what holds for each. */
static const char *
tombstone_of(const struct event *ev)
{
	const struct event_frame f = event_frame_encode(ev, before);

	memcpy(frame, f.bytes, f.len);
	tombstone_rewrite(frame, f.len);
	CU_ASSERT_EQUAL(memcmp(frame, f.bytes, f.len < 126 ? 2 : 4), 0);
	check_json(f.len, "message");
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"messageId\":"));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"senderDisplayName\":\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"createdAt\":\""));
	CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"deleted\":true"));
	return json;
}

static void
test_members(void)
{
	struct event ev = message("The text of a message, long enough");
	(void)tombstone_of(&ev);

	CU_ASSERT_EQUAL(
	    strncmp(json,
		"{\"type\":\"message\",\"channelId\":\"" CHANNEL "\",\"userId\":\"" USER
		"\",\"body\":null,\"seq\":123,\"prev\":122,\"payload\":{"
		"\"messageId\":123,\"senderDisplayName\":\"John\","
		"\"createdAt\":\"2026-01-02T03:04:05.678Z\",\"version\":1,"
		"\"deleted\":true,\"clientMessageId\":\"c-1\"}} ",
		strlen(json) - 30),
	    0);
	CU_ASSERT_PTR_NULL(strstr(json, "The text"));
}

/* `"deleted":true` is longer than a short text: the client's id goes. */
static void
test_short(void)
{
	struct event ev = message("x");

	CU_ASSERT_PTR_NULL(strstr(tombstone_of(&ev), "clientMessageId"));
}

static void
test_texts_that_look_like_json(void)
{
	static const char *const texts[] = {"\"", "\\", "}}", "\\\"},\"payload\":{",
	    "\",\"body\":\"", "{[", "]}", "\x01\x1f", "\xc3\xa9\xf0\x9f\x98\x80",
	    "\\\\\\\\\"\"\"\"", ",", ":"};

	for (size_t i = 0; i < ES_COUNT(texts); i++) {
		char body[64];
		struct event ev = message(body);

		(void)snprintf(body, sizeof(body), "QQ%sQQ%s", texts[i], texts[i]);
		CU_ASSERT_PTR_NULL(strstr(tombstone_of(&ev), "QQ"));
		ev.display_name = texts[i];
		ev.client_id = texts[i];
		CU_ASSERT_PTR_NULL(strstr(tombstone_of(&ev), "QQ"));
	}
}

/* Every length of the text, with the shortest and the longest other members. */
static void
test_lengths(void)
{
	static const char *const ids[] = {NULL, "", "i", "an id of a client"};
	static const char *const names[] = {"", "J", "A name \"with\" escapes"};
	static const int64_t seqs[] = {1, 9, 123456789, 9007199254740991};
	static char body[2049];

	memset(body, 'x', sizeof(body) - 1);
	for (size_t n = 0; n < sizeof(body); n += n < 64 ? 1 : 61)
		for (size_t i = 0; i < ES_COUNT(ids) * ES_COUNT(names) * ES_COUNT(seqs);
		     i++) {
			struct event ev = message(body + sizeof(body) - 1 - n);

			ev.client_id = ids[i % ES_COUNT(ids)];
			ev.display_name = names[i / ES_COUNT(ids) % ES_COUNT(names)];
			ev.seq = seqs[i / ES_COUNT(ids) / ES_COUNT(names)];
			ev.edited = i % 2;
			CU_ASSERT_PTR_NULL(strstr(tombstone_of(&ev), "xxx"));
		}
}

/* An edit's frame has fewer members to drop, and payload members of its own. */
static void
test_updated(void)
{
	static char body[300];

	memset(body, 'x', sizeof(body) - 1);
	for (size_t n = 0; n < sizeof(body); n++)
		for (unsigned i = 0; i < 4; i++) {
			struct event ev = message(body + sizeof(body) - 1 - n);
			struct event_frame f;

			ev.kind = EVENT_MESSAGE_UPDATED;
			ev.message_id = 7;
			ev.edited_ms = i & 1 ? ev.created_ms : 0;
			ev.payload = i & 2 ? "{\"mentions\":[\"}xxx\"]}" : NULL;
			f = event_frame_encode(&ev, before);
			memcpy(frame, f.bytes, f.len);
			tombstone_rewrite(frame, f.len);
			check_json(f.len, "message_updated");
			CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"messageId\":7"));
			CU_ASSERT_PTR_NULL(strstr(json, "xxx"));
			CU_ASSERT_PTR_NULL(strstr(json, "mentions"));
			if (n > 1 || i & 1)
				CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"version\":1"));
			if (n > 16 || i & 1)
				CU_ASSERT_PTR_NOT_NULL(strstr(json, "\"deleted\":true"));
		}
}

static void
test_twice_is_once(void)
{
	struct event ev = message("a text");
	const struct event_frame f = event_frame_encode(&ev, before);
	const size_t len = f.len;

	memcpy(frame, f.bytes, len);
	tombstone_rewrite(frame, len);
	memcpy(before, frame, len);
	tombstone_rewrite(frame, len);
	CU_ASSERT_EQUAL(memcmp(before, frame, len), 0);
}

/* A message too large for a frame is a gap, which has no text. */
static void
test_gap_stays(void)
{
	static char body[EVENT_FRAME_MAX + 1];
	struct event ev = message(body);
	struct event_frame f;

	memset(body, 'x', sizeof(body) - 1);
	f = event_frame_encode(&ev, before);
	memcpy(frame, f.bytes, f.len);
	tombstone_rewrite(frame, f.len);
	CU_ASSERT_EQUAL(memcmp(frame, f.bytes, f.len), 0);
}

static CU_TestInfo cases[] = {
    {"a tombstone keeps the members without content", test_members},
    {"the id of the client makes room for a short text", test_short},
    {"texts that look like JSON are not taken for it", test_texts_that_look_like_json},
    {"a tombstone fits for texts of every length", test_lengths},
    {"an edit's tombstone fits, too, and has no content", test_updated},
    {"a tombstone of a tombstone is the same", test_twice_is_once},
    {"a gap stays as it is", test_gap_stays},
    CU_TEST_INFO_NULL,
};

CUNIT_MAIN("push/tombstone", cases)
