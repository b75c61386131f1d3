/* Entries of several partitions, received by one request. */
#ifndef FANOUT_HAUL_H
#define FANOUT_HAUL_H

#include "queue/queue.h"

struct haul_part {
	unsigned partition;
	const struct queue_msg *msgs; /* n of them, in order */
	size_t n, taken;              /* taken: how many are in a turn */
};

struct haul {
	struct arena *arena; /* owns the messages */
	struct haul_part *parts;
	size_t n;
};

/* Receives the messages after n cursors, at most max of all together and the same number
 * of each partition, unless the others have fewer. Waits up to wait_ms for the first
 * message. *out: NULL when there is none; ended by haul_free(). *more: some partitions
 * may have more. When n is larger than max, does not wait and asks only the first max. */
enum es_code haul_receive(struct queue *q, struct queue_cursor cursors[], size_t n,
    size_t max, int64_t wait_ms, struct haul **out, bool *more,
    struct es_err *err) ES_MUST_CHECK;
void haul_free(struct haul **h);

/* The number of messages that are not in a turn. */
size_t haul_left(const struct haul *h);

#endif
