/* The epoch of the sequence numbers. */
#ifndef PUSH_EPOCH_H
#define PUSH_EPOCH_H

#include "hub/hub.h"

/* Call with the epoch of an answer of the database. When it is new, the worker takes it
 * over, compares the heads of all channels with the database, and sends their readers one
 * `gap reason=reset`, unless a jump of the numbers has caused that gap already. */
void epoch_seen(struct hub *hub, const char *epoch);

#endif
