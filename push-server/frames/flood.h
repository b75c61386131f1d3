/* How many frames a connection may send: above the rate it is told, above a flood it is
 * closed with 4103. */
#ifndef PUSH_FLOOD_H
#define PUSH_FLOOD_H

#include "conn/conn.h"

#define FLOOD_WINDOW_MS 10000

/* One more frame in this window; type and id may be NULL. False: above the rate, the
 * client was told or closed. */
bool flood_within_rate(struct conn *c, const char *type, const char *id) ES_MUST_CHECK;
/* A send was refused by its rate limit. */
void flood_count_refused(struct conn *c);

#endif
