/* The time over which clients should spread their reconnects. When a worker stops, its
 * clients then do not all connect to another worker at the same time. */
#ifndef PUSH_RECONNECT_ADVICE_H
#define PUSH_RECONNECT_ADVICE_H

#include <stdint.h>

struct conns;

/* The time in ms over which the present connections of this worker should reconnect: long
 * enough for ES_PUSH_COMEBACK_PER_S, and between ES_PUSH_COMEBACK_MIN_MS and
 * ES_PUSH_COMEBACK_MAX_MS. */
int64_t reconnect_advice_spread_ms(const struct conns *t);
/* Retry-After in ms for a refused handshake: random, on average about the spread. */
int64_t reconnect_advice_retry_ms(const struct conns *t);

#endif
