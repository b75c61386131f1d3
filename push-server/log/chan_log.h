/* Keeps the last events of one channel as finished WebSocket frames in a byte ring. The
 * log holds every event from base + 1 to head, without a hole. No I/O, no clock. */
#ifndef PUSH_CHAN_LOG_H
#define PUSH_CHAN_LOG_H

#include <stddef.h>
#include <stdint.h>

/* All logs of a worker share one budget of bytes. Beyond it the least recently used logs
 * are emptied. */
struct chan_logs;
struct chan_log;

#define CHAN_LOG_FIRST 4096 /* bytes of a log's first ring; a full ring doubles */

/* channel_bytes: the limit of one log, at least two frames of the largest size. */
struct chan_logs *chan_logs_new(size_t total_bytes, size_t channel_bytes);
/* All logs must have been freed. */
void chan_logs_free(struct chan_logs **all);
size_t chan_logs_bytes(const struct chan_logs *all);

/* Make an empty log; its base and head are the argument `head`. */
struct chan_log *chan_log_new(struct chan_logs *all, int64_t head);
void chan_log_free(struct chan_log **log);

/* The log holds the events above base, up to head. It serves cursors from base to
 * head. */
int64_t chan_log_base(const struct chan_log *log);
int64_t chan_log_head(const struct chan_log *log);

/* Empty the log and set base and head to the argument `head`, which may be smaller than
 * before. */
void chan_log_restart(struct chan_log *log, int64_t head);

enum chan_log_result {
	CHAN_LOG_APPENDED,
	CHAN_LOG_REPEAT, /* seq is at or below the head: nothing done */
	CHAN_LOG_HOLE,   /* seq is beyond head + 1: nothing done */
};

struct chan_frame {
	int64_t seq;
	int64_t message_id;  /* the frame has a text of this message; 0: of none */
	int64_t accepted_ms; /* for the latency metric */
	const unsigned char *bytes;
	size_t len;
};

/* Append a copy of the frame of event seq. Numbers are dense in a channel, so the next
 * one is head + 1. Evicts the oldest frames when there is no room, and overwrites their
 * bytes: they may have texts of messages that are deleted later. */
enum chan_log_result chan_log_append(
    struct chan_log *log, const struct chan_frame *frame);

/* Rewrites a frame in place, without a change of its length. */
typedef void chan_log_rewriter(unsigned char *frame, size_t len);
/* Call rewrite for each frame that has a text of the message. Returns their number. A
 * walk over the slots of the ring, which is bounded, is cheaper than an index that each
 * append would have to keep. */
unsigned chan_log_rewrite(
    struct chan_log *log, int64_t message_id, chan_log_rewriter *rewrite);

struct chan_span {
	const unsigned char *bytes; /* valid until the next call that changes any log */
	size_t len;
	unsigned n;          /* frames */
	int64_t through;     /* the cursor after these frames */
	int64_t accepted_ms; /* of the last frame */
};

/* The frames after the cursor that are contiguous in memory: at least one, then as many
 * as fit in max bytes, none above `limit`. n is 0 when the cursor is at or above the
 * head, or when the next frame is above limit. The cursor must not be below base. */
struct chan_span chan_log_span(
    struct chan_log *log, int64_t after, int64_t limit, size_t max);

#endif
