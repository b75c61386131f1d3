/* Advice on when to come back, so that the clients of a worker that ends don't hit the
 * next one all at once. */
#ifndef PUSH_RECONNECT_ADVICE_H
#define PUSH_RECONNECT_ADVICE_H

#include <stdint.h>

struct worker;

/* The time over which the connections of this worker, as many as there are now, should
 * spread: at ES_PUSH_COMEBACK_PER_S, within ES_PUSH_COMEBACK_MIN_MS and _MAX_MS. */
int64_t reconnect_advice_spread_ms(const struct worker *w);
/* For who is refused: a time within the spread, by chance. */
int64_t reconnect_advice_retry_ms(const struct worker *w);

#endif
