/* The epoch of the sequence numbers. */
#ifndef PUSH_EPOCH_H
#define PUSH_EPOCH_H

#include "hub/hub.h"

/* The epoch as an answer of the database tells it; becomes the worker's. On a change all
 * channels are compared with the database and their readers receive one
 * `gap reason=reset`. */
void epoch_seen(struct hub *hub, const char *epoch);

#endif
