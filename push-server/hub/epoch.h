/* The epoch of the sequence numbers changes when a restored database may have lost
 * numbers. */
#ifndef PUSH_EPOCH_H
#define PUSH_EPOCH_H

#include "hub/hub.h"

/* Call with the epoch in an answer of the database. The worker stores a new epoch. When
 * the new epoch replaces another one, the worker also compares the heads of all channels
 * with the database, and then sends the readers of each channel one `gap reason=reset`.
 * It skips a channel whose readers have already got that gap, because its numbers
 * jumped. */
void epoch_seen(struct hub *hub, const char *epoch);

#endif
