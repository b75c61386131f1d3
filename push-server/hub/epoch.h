/* The epoch of the sequence numbers changes when a restored database may have lost
 * numbers. */
#ifndef PUSH_EPOCH_H
#define PUSH_EPOCH_H

#include "hub/hub.h"

/* Call with the epoch in an answer of the database. If it is new, the worker stores it,
 * compares the heads of all channels with the database, and sends the channels' readers
 * one `gap reason=reset`, unless a jump of the numbers has caused that gap already. */
void epoch_seen(struct hub *hub, const char *epoch);

#endif
