/* Limits the frames, subscribes and refused requests of a connection in a window of 10 s.
 * Above a rate the client receives the error `rate_limited`. Far above it, or above it in
 * consecutive windows, the connection is closed with 4103. */
#ifndef PUSH_FLOOD_H
#define PUSH_FLOOD_H

#include "conn/conn.h"
#include "core/err.h"

#define FLOOD_WINDOW_MS 10000

/* Count one frame in this window (ES_LIMIT_FRAMES); type and id may be NULL. Returns
 * false when the rate is exceeded: the client has received an error frame, or its
 * connection is closed. */
bool flood_within_rate(struct conn *c, const char *type, const char *id) ES_MUST_CHECK;
#define FLOOD_FREE_PING_MS 5000
/* Returns true for a ping that is not counted: one in FLOOD_FREE_PING_MS, so that a
 * client's own heartbeat does not use up its frames. */
bool flood_free_ping(struct conn *c) ES_MUST_CHECK;
/* Count one channel that a subscribe or an entry of a sync asks for
 * (ES_LIMIT_SUBSCRIBES). ES_RATE_LIMITED: the rate is exceeded. The caller sends the
 * error frame; the connection may be closed already. */
enum es_code flood_count_subscribe(struct conn *c, struct es_err *err) ES_MUST_CHECK;
/* Count a send that a rate limit refused, or a subscribe to a channel that does not
 * exist. More than 1,000 in a window close the connection with 4103. */
void flood_count_refused(struct conn *c);

#endif
