/* Advice on when to come back, so that the clients of a worker that ends don't hit the
 * next one all at once. */
#ifndef PUSH_RECONNECT_ADVICE_H
#define PUSH_RECONNECT_ADVICE_H

#include <stdint.h>

struct conns;

/* The time over which the connections of this worker, as many as there are now, should
 * spread: at ES_PUSH_COMEBACK_PER_S, within ES_PUSH_COMEBACK_MIN_MS and _MAX_MS. */
int64_t reconnect_advice_spread_ms(const struct conns *t);
/* Retry-After of a refused handshake: a random time within the spread. */
int64_t reconnect_advice_retry_ms(const struct conns *t);

#endif
