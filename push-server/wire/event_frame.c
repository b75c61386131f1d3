#include "wire/event_frame.h"

#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "event/feed.h"
#include "wire/frame_header.h"
#include "wire/frame_text.h"

#include "core/banned.h"

static const char *const reasons[GAP_REASONS] = {
    [GAP_RESET] = "reset",
    [GAP_REPLAY_LIMIT] = "replay_limit",
    [GAP_SLOW] = "slow_consumer",
    [GAP_TOO_LARGE] = "too_large",
};

const char *
event_frame_json(const struct event_frame *frame, size_t *out_len)
{
	const char *bytes = (const char *)frame->bytes;

	*out_len = frame_header_payload(bytes);
	return bytes + frame_header_len(*out_len);
}

static const char *
event_frame_type_of(enum event_kind kind)
{
	return kind == EVENT_TYPING ? "typing_indicator" : event_kind_name(kind);
}

/* `prev` lets clients detect a missing event. The server itself tests seq != head + 1. */
static void
event_frame_numbers(struct frame_text *t, const struct event *ev)
{
	frame_text_raw(t, ",\"seq\":");
	frame_text_int(t, ev->seq);
	frame_text_raw(t, ",\"prev\":");
	frame_text_int(t, ev->seq - 1);
}

static void
event_frame_time(struct frame_text *t, const char *name, int64_t ms)
{
	char text[ES_TIME_TEXT];

	clock_format(ms, text);
	frame_text_raw(t, name);
	frame_text_string(t, text);
}

/* The members of the payload that the database or fanout has written as an object. */
static void
event_frame_more(struct frame_text *t, const struct event *ev)
{
	const size_t len = ev->payload != NULL ? strlen(ev->payload) : 0;

	if (len > 2) { /* more than "{}" */
		frame_text_raw(t, ",");
		frame_text_put(t, ev->payload + 1, len - 2);
	}
}

static void
event_frame_put_version(struct frame_text *t, const struct event *ev)
{
	frame_text_raw(t, ",\"version\":");
	frame_text_int(t, ev->version != 0 ? ev->version : 1);
	if (ev->edited_ms != 0)
		event_frame_time(t, ",\"editedAt\":", ev->edited_ms);
	if (ev->deleted_ms != 0)
		event_frame_time(t, ",\"deletedAt\":", ev->deleted_ms);
	if (ev->edited)
		frame_text_raw(t, ",\"edited\":true");
	if (ev->deleted)
		frame_text_raw(t, ",\"deleted\":true");
	event_frame_more(t, ev);
	frame_text_raw(t, "}}");
}

static void
event_frame_put_message(struct frame_text *t, const struct event *ev)
{
	frame_text_raw(t, ",\"body\":");
	frame_text_string(t, ev->deleted ? NULL : ev->body);
	event_frame_numbers(t, ev);
	frame_text_raw(t, ",\"payload\":{\"messageId\":");
	frame_text_int(t, ev->seq);
	frame_text_raw(t, ",\"senderDisplayName\":");
	frame_text_string(t, ev->display_name);
	event_frame_time(t, ",\"createdAt\":", ev->created_ms);
	frame_text_raw(t, ",\"clientMessageId\":");
	frame_text_string(t, ev->client_id);
	event_frame_put_version(t, ev);
}

/* The text stands where `message` has it, so that clients read both alike. */
static void
event_frame_put_updated(struct frame_text *t, const struct event *ev)
{
	frame_text_raw(t, ",\"body\":");
	frame_text_string(t, ev->deleted ? NULL : ev->body);
	event_frame_numbers(t, ev);
	frame_text_raw(t, ",\"payload\":{\"messageId\":");
	frame_text_int(t, ev->message_id);
	event_frame_put_version(t, ev);
}

static void
event_frame_put_other(struct frame_text *t, const struct event *ev)
{
	if (ev->kind == EVENT_TYPING) {
		frame_text_raw(t, ",\"payload\":{\"displayName\":");
		frame_text_string(t, ev->display_name);
		frame_text_raw(t, "}}");
		return;
	}
	frame_text_raw(t, ",\"payload\":");
	frame_text_raw(t, ev->payload != NULL ? ev->payload : "{}");
	if (!event_kind_lossy(ev->kind))
		event_frame_numbers(t, ev);
	frame_text_raw(t, "}");
}

struct event_frame
event_frame_encode(const struct event *ev, unsigned char buf[EVENT_FRAME_MAX])
{
	struct event_frame frame;
	struct frame_text t;

	frame_text_init(&t, buf, EVENT_FRAME_MAX);
	frame_text_raw(&t, "{\"type\":");
	frame_text_string(&t, event_frame_type_of(ev->kind));
	frame_text_raw(&t, ",\"channelId\":");
	frame_text_string(&t, feed_event_channel(ev));
	frame_text_raw(&t, ",\"userId\":");
	frame_text_string(&t, ev->user.text);
	if (ev->kind == EVENT_MESSAGE)
		event_frame_put_message(&t, ev);
	else if (ev->kind == EVENT_MESSAGE_UPDATED)
		event_frame_put_updated(&t, ev);
	else
		event_frame_put_other(&t, ev);
	if (t.overflow) {
		/* callers overwrite only the frame that they get */
		explicit_bzero(buf, EVENT_FRAME_MAX);
		return event_frame_gap(
		    feed_event_channel(ev), ev->seq, ev->seq, GAP_TOO_LARGE, buf);
	}
	frame.bytes = frame_text_finish(&t, &frame.len);
	return frame;
}

struct event_frame
event_frame_gap(const char *channel, int64_t from, int64_t to, enum gap_reason reason,
    unsigned char buf[GAP_FRAME_MAX])
{
	struct event_frame frame;
	struct frame_text t;

	frame_text_init(&t, buf, GAP_FRAME_MAX);
	frame_text_raw(&t, "{\"type\":\"gap\",\"channelId\":");
	frame_text_string(&t, channel);
	frame_text_raw(&t, ",\"payload\":{\"fromSeq\":");
	frame_text_int(&t, from);
	frame_text_raw(&t, ",\"toSeq\":");
	frame_text_int(&t, to);
	frame_text_raw(&t, ",\"reason\":");
	frame_text_string(&t, reasons[reason]);
	frame_text_raw(&t, "}}");
	frame.bytes = frame_text_finish(&t, &frame.len);
	return frame;
}

struct event_frame
event_frame_presence(
    const struct user_id *user, const char *status, unsigned char buf[EVENT_FRAME_MAX])
{
	struct event_frame frame;
	struct frame_text t;

	frame_text_init(&t, buf, EVENT_FRAME_MAX);
	frame_text_raw(&t, "{\"type\":\"presence\",\"userId\":");
	frame_text_string(&t, user->text);
	frame_text_raw(&t, ",\"payload\":{\"status\":");
	frame_text_string(&t, status);
	frame_text_raw(&t, "}}");
	frame.bytes = frame_text_finish(&t, &frame.len);
	return frame;
}
