/* How much a connection may ask for in a window of 10 s. Above a rate the client receives
 * `rate_limited`; far above it, or above it in one window after the other, the connection
 * is closed with 4103. */
#ifndef PUSH_FLOOD_H
#define PUSH_FLOOD_H

#include "conn/conn.h"
#include "core/err.h"

#define FLOOD_WINDOW_MS 10000

/* One more frame in this window (ES_LIMIT_FRAMES); type and id may be NULL. False: above
 * the rate, the client was told or closed. */
bool flood_within_rate(struct conn *c, const char *type, const char *id) ES_MUST_CHECK;
/* One more channel is asked for, by a subscribe or an entry of a sync
 * (ES_LIMIT_SUBSCRIBES). ES_RATE_LIMITED: nothing was told; the connection may be closed
 * by now. */
enum es_code flood_count_subscribe(struct conn *c, struct es_err *err) ES_MUST_CHECK;
/* A send was refused by its rate limit, or a subscribe because there is no such channel.
 * More than 1,000 of them in a window close the connection. */
void flood_count_refused(struct conn *c);

#endif
