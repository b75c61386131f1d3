/* A committed event as finished bytes for every subscriber alike: the header of an
 * unmasked text frame (RFC 6455 section 5.2) and its JSON. Nothing that depends on the
 * reader. */
#ifndef PUSH_EVENT_FRAME_H
#define PUSH_EVENT_FRAME_H

#include <stddef.h>

#include "event/event.h"

/* Whole frames stay below one packet of the socket layer (64 KiB). A body of 10,000 code
 * points, each escaped to six bytes, fits with room for the other members. */
#define EVENT_FRAME_MAX 64512

struct event_frame {
	const unsigned char *bytes; /* in the buffer given */
	size_t len;
};

/* Its payload, the JSON without the header. */
const char *event_frame_json(const struct event_frame *frame, size_t *out_len);

/* An event that does not fit becomes a gap frame over its own number, so that the reader
 * knows to fetch it by REST. */
struct event_frame event_frame_encode(
    const struct event *ev, unsigned char buf[EVENT_FRAME_MAX]);

enum gap_reason { GAP_RESET, GAP_REPLAY_LIMIT, GAP_SLOW, GAP_TOO_LARGE, GAP_REASONS };

#define GAP_FRAME_MAX 256
/* Numbers from..to are not delivered on this connection; the next frame of the channel is
 * after them. */
struct event_frame event_frame_gap(const struct channel_id *channel, int64_t from,
    int64_t to, enum gap_reason reason, unsigned char buf[GAP_FRAME_MAX]);

/* {"type":"presence","userId":...,"payload":{"status":...}} */
struct event_frame event_frame_presence(
    const struct user_id *user, const char *status, unsigned char buf[EVENT_FRAME_MAX]);

#endif
