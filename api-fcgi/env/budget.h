/* How long one request may wait for Redis, all its commands together: a Redis that does
 * not answer costs a request one time-out, not one for each command. */
#ifndef API_BUDGET_H
#define API_BUDGET_H

#include "env/api.h"

/* At the start of each request: ES_REDIS_TIMEOUT_MS for all commands. */
void budget_start(struct api *api);

/* A send: rate limits and the look for fanout have half of it, because the send can go on
 * without either, and the queue has the rest, at least the other half. */
void budget_send(struct api *api);
void budget_enqueue(struct api *api);

#endif
