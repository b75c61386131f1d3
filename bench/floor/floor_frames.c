/* The frames of the floor: those that EchoStream exchanges for the same work, with the
 * same members and lengths. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "../load/field.h"
#include "../load/frame.h"
#include "floor.h"

#define TEXT_MAX 8000
#define AN_ID    "01900000-0000-7000-8000-00000000a001"
#define A_TIME   "2026-01-02T03:04:05.678Z"

static struct field channel_id = {.key = "\"channelId\":\""};
static struct field id = {.key = "\"id\":\""};
static struct field body = {.key = "\"body\":\""};

/* Copies the text after the key up to the next quote. */
static void
floor_frames_copy(
    struct field *from, const char *json, size_t len, char *out, size_t size)
{
	const char *at = field_find(from, json, len), *end;
	size_t n;

	end = at == NULL ? NULL : memchr(at, '"', (size_t)(json + len - at));
	if (end == NULL)
		floor_die("bench_floor: a frame lacks a member");
	n = (size_t)(end - at) < size ? (size_t)(end - at) : size - 1;
	memcpy(out, at, n);
	out[n] = '\0';
}

static void
floor_frames_send(struct floor *f, struct conn *c, const char *json, int len)
{
	char frame[TEXT_MAX + FRAME_HEAD_MAX];
	const size_t n = frame_head(frame, FRAME_TEXT, (size_t)len);

	memcpy(frame + n, json, (size_t)len);
	floor_conn_send(f, c, frame, n + (size_t)len);
}

static void
floor_frames_event(struct floor *f, struct channel *ch, int64_t seq, const char *text)
{
	char json[TEXT_MAX], frame[TEXT_MAX + FRAME_HEAD_MAX];
	const int len = snprintf(json, sizeof(json),
	    "{\"type\":\"message\",\"channelId\":\"%s\",\"userId\":\"" AN_ID
	    "\",\"body\":\"%s\",\"seq\":%" PRId64 ",\"prev\":%" PRId64
	    ",\"payload\":{\"messageId\":%" PRId64
	    ",\"senderDisplayName\":\"Bench\",\"createdAt\":\"" A_TIME
	    "\",\"clientMessageId\":\"" AN_ID "\"}}",
	    ch->id, text, seq, seq - 1, seq);
	const size_t n = frame_head(frame, FRAME_TEXT, (size_t)len);

	memcpy(frame + n, json, (size_t)len);
	for (unsigned i = 0; i < ch->n; i++)
		floor_conn_send(f, ch->subscribers[i], frame, n + (size_t)len);
}

/* Delivers the channel's newest event. A held event gets the body of its successor. Only
 * the scheduled time in that body is wrong. */
static void
floor_frames_message(struct floor *f, struct channel *ch, const char *text)
{
	const int64_t place = f->faulty ? ch->seq % 10 : 0;

	if (place == 3)
		return;
	if (place == 7) {
		ch->held = ch->seq;
		return;
	}
	floor_frames_event(f, ch, ch->seq, text);
	if (place == 5)
		floor_frames_event(f, ch, ch->seq, text);
	if (ch->held != 0)
		floor_frames_event(f, ch, ch->held, text);
	ch->held = 0;
}

void
floor_frames_text(struct floor *f, struct conn *c, const char *json, size_t len)
{
	char channel[40], mark[100], text[4096], out[1024];
	struct channel *ch;

	floor_frames_copy(&channel_id, json, len, channel, sizeof(channel));
	floor_frames_copy(&id, json, len, mark, sizeof(mark));
	ch = floor_channel(channel);
	if (memmem(json, len, "{\"type\":\"subscribe\"", 19) != NULL) {
		floor_channel_add(ch, c);
		floor_frames_send(f, c, out,
		    snprintf(out, sizeof(out),
			"{\"type\":\"ack\",\"op\":\"subscribe\",\"id\":\"%s\","
			"\"channelId\":\"%s\",\"payload\":{\"epoch\":\"e1\",\"seq\":"
			"%" PRId64 ",\"replayed\":0}}",
			mark, channel, ch->seq));
		return;
	}
	floor_frames_copy(&body, json, len, text, sizeof(text));
	ch->seq++;
	floor_frames_message(f, ch, text);
	floor_frames_send(f, c, out,
	    snprintf(out, sizeof(out),
		"{\"type\":\"ack\",\"op\":\"send\",\"id\":\"%s\",\"channelId\":\"%s\","
		"\"payload\":{\"messageId\":%" PRId64 ",\"createdAt\":\"" A_TIME
		"\",\"clientMessageId\":\"" AN_ID "\"}}",
		mark, channel, ch->seq));
}
