/* Limits how long one request may wait for Redis, over all its commands: a Redis that
 * does not answer costs a request one time-out, not one for each command. */
#ifndef API_BUDGET_H
#define API_BUDGET_H

#include "env/api.h"

/* Starts the budget of a request: ES_REDIS_TIMEOUT_MS for all commands. */
void budget_start(struct api *api);

/* The budget of a send. budget_for_send() gives the rate limits and the check that fanout
 * is alive at most half of the time, because a send can continue without them.
 * budget_for_enqueue() gives the queue the rest, which is at least the other half. */
void budget_for_send(struct api *api);
void budget_for_enqueue(struct api *api);

#endif
