/* Who else is at work: workers that hold no partition can't be seen in the database. Only
 * for sharing evenly; nothing is unsafe when it is wrong or away. */
#ifndef FANOUT_ROSTER_H
#define FANOUT_ROSTER_H

#include "redis/redis.h"

#define ROSTER_KEY "es:fanout:workers" /* sorted set: owner by Redis's clock in ms */

/* Sign in (or, with here false, out) and count who signed in within life_ms; 0 when Redis
 * is away. */
size_t roster_turn(
    struct redis *r, const char *owner, bool here, int64_t life_ms, struct arena *a);

#endif
