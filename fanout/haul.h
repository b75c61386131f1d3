/* Entries of several partitions, received by one request. */
#ifndef FANOUT_HAUL_H
#define FANOUT_HAUL_H

#include "queue/queue.h"

struct haul_part {
	unsigned partition;
	const struct queue_msg *msgs; /* n messages, in queue order */
	size_t n, taken;              /* taken: number of messages that are in a turn */
};

struct haul {
	struct arena *arena; /* owns the messages */
	struct haul_part *parts;
	size_t n;
};

/* Receives the messages after n cursors, at most max messages in total. Each partition
 * may fill an equal share of max; the partitions with more messages then fill the rest.
 * Waits up to wait_ms for the first message. *out is NULL when no message came; otherwise
 * free it with haul_free(). *more is true when some partitions may have more messages.
 * When n is larger than max, uses only the first max cursors and does not wait. */
enum es_code haul_receive(struct queue *q, struct queue_cursor cursors[], size_t n,
    size_t max, int64_t wait_ms, struct haul **out, bool *more,
    struct es_err *err) ES_MUST_CHECK;
void haul_free(struct haul **h);

/* The number of messages that are not in a turn. */
size_t haul_left(const struct haul *h);

#endif
