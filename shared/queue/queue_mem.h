/* Functions of the in-process queue for tests, in addition to queue.h. All handles of
 * "mem:NAME" in one process, in any thread, share one queue; the last close frees it.
 * Each handle of "mem:" has a queue of its own. */
#ifndef QUEUE_QUEUE_MEM_H
#define QUEUE_QUEUE_MEM_H

#include "queue/queue.h"

/* Makes calls of this handle fail with ES_UNAVAILABLE: lets `first` calls succeed, then
 * `times` calls fail. after: the call does its work before it fails, as if only the reply
 * were lost. */
struct queue_mem_fault {
	unsigned first, times;
	bool after;
};
void queue_mem_fail(struct queue *q, const struct queue_mem_fault *fault);
/* Number of calls of this handle since it was opened or since queue_mem_fail(). */
unsigned queue_mem_calls(const struct queue *q);

/* Deletes all messages and positions, like FLUSHALL of Redis. */
void queue_mem_flush(struct queue *q);

#endif
