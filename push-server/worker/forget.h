/* After a message was deleted: overwrites the copies of its text that are left over in
 * memory of this process which nothing else overwrites soon. Memory that is freed, and
 * the buffers of push-server itself, are overwritten at once (env/heap_wipe.c). */
#ifndef PUSH_FORGET_H
#define PUSH_FORGET_H

#include "worker/worker.h"

/* Call at the end of a turn in which env.deleted was set, from the loop itself, so that
 * the stack below the caller holds only old frames. Resets env.deleted. */
void forget_deleted(struct worker *w);

#endif
