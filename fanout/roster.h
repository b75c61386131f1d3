/* The list of live fanout workers, in Redis. PostgreSQL names only the owners of
 * partitions, so it does not list a worker that holds none. Workers use the count to
 * divide the partitions evenly; a wrong count divides them unevenly, but loses no
 * message. */
#ifndef FANOUT_ROSTER_H
#define FANOUT_ROSTER_H

#include "redis/redis.h"

/* A sorted set: owners, scored by Redis's clock in ms. */
#define ROSTER_KEY "es:fanout:workers"

/* Signs owner in, and returns how many workers have signed in within life_ms, owner
 * included; 0 when Redis does not answer. */
size_t roster_sign_in(
    struct redis *r, const char *owner, int64_t life_ms, struct arena *a);

/* Signs owner out, and returns how many other workers have signed in within life_ms; 0
 * when Redis does not answer. */
size_t roster_sign_out(
    struct redis *r, const char *owner, int64_t life_ms, struct arena *a);

#endif
