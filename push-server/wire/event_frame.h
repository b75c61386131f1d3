/* Encodes an event as a whole WebSocket frame: the header of an unmasked text frame (RFC
 * 6455 section 5.2) and its JSON. The bytes do not depend on the receiver, so all
 * subscribers share them. */
#ifndef PUSH_EVENT_FRAME_H
#define PUSH_EVENT_FRAME_H

#include <stddef.h>

#include "event/event.h"

/* A whole frame is smaller than one packet of the socket layer (64 KiB). A body of 10,000
 * code points fits with the other fields, even if each code point is escaped to six
 * bytes. */
#define EVENT_FRAME_MAX 64512

struct event_frame {
	const unsigned char *bytes; /* points into the buffer that the caller gave */
	size_t len;
};

/* The payload of a frame: the JSON without the header. */
const char *event_frame_json(const struct event_frame *frame, size_t *out_len);

/* Builds the frame of an event. An event that does not fit becomes a gap frame with the
 * event's number, so that the client knows to fetch the event by REST. */
struct event_frame event_frame_encode(
    const struct event *ev, unsigned char buf[EVENT_FRAME_MAX]);

enum gap_reason { GAP_RESET, GAP_REPLAY_LIMIT, GAP_SLOW, GAP_TOO_LARGE, GAP_REASONS };

#define GAP_FRAME_MAX 256
/* Builds the gap frame: the events from..to are not delivered on the client's connection.
 * The number of the channel's next event frame is above `to`. */
struct event_frame event_frame_gap(const char *channel, int64_t from, int64_t to,
    enum gap_reason reason, unsigned char buf[GAP_FRAME_MAX]);

/* {"type":"presence","userId":...,"payload":{"status":...}} */
struct event_frame event_frame_presence(
    const struct user_id *user, const char *status, unsigned char buf[EVENT_FRAME_MAX]);

#endif
