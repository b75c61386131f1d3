/* A position in a partition: "<ms>-<n>", the form of the ids of Redis Streams. Positions
 * of a partition only rise. */
#ifndef QUEUE_QUEUE_POSITION_H
#define QUEUE_QUEUE_POSITION_H

#include <stdbool.h>
#include <stdint.h>

#include "queue/queue.h"

struct queue_position {
	uint64_t ms, n;
};

/* "" is the position before all messages. */
bool queue_position_parse(const char *s, struct queue_position *out) ES_MUST_CHECK;
void queue_position_format(const struct queue_position *p, char out[QUEUE_POSITION_MAX]);
bool queue_position_before(
    const struct queue_position *a, const struct queue_position *b);
struct queue_position queue_position_next(const struct queue_position *p);

#endif
