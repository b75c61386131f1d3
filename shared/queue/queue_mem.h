/* What tests can do to the in-process queue beyond queue.h. A "mem:NAME" of the same name
 * opened twice in one process is the same queue, for threads too; it goes with its last
 * handle. "mem:" is nobody else's. */
#ifndef QUEUE_QUEUE_MEM_H
#define QUEUE_QUEUE_MEM_H

#include "queue/queue.h"

/* The calls of this handle from number `first` (counted from 0, from this call on) fail
 * with ES_UNAVAILABLE, `times` of them; `after`: the call does its work first, as when
 * only the answer was lost. */
struct queue_mem_fault {
	unsigned first, times;
	bool after;
};
void queue_mem_fail(struct queue *q, const struct queue_mem_fault *fault);
/* Calls of this handle since it was opened or since queue_mem_fail. */
unsigned queue_mem_calls(const struct queue *q);

/* As FLUSHALL: contents and positions are gone. */
void queue_mem_flush(struct queue *q);

#endif
