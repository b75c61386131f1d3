/* Limits how long one request may wait for Redis, over all its commands: a Redis that
 * does not answer costs a request one time-out, not one for each command. */
#ifndef API_BUDGET_H
#define API_BUDGET_H

#include "env/api.h"

/* Starts the budget of a request: ES_REDIS_TIMEOUT_MS for all commands. */
void budget_start(struct api *api);

/* The budget of a send, in two parts. A send can continue without the rate limits and
 * without the check that fanout is alive. So budget_for_send() allows these at most half
 * of the time, and budget_for_enqueue() leaves the rest to the queue. */
void budget_for_send(struct api *api);
void budget_for_enqueue(struct api *api);

#endif
