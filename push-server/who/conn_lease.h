/* Connections per user, counted over all workers: each holds a lease in Redis that it
 * renews and that runs out by itself when the worker dies. */
#ifndef PUSH_CONN_LEASE_H
#define PUSH_CONN_LEASE_H

#include "conn/conn.h"
#include "redis/redis.h"

extern struct redis_script conn_lease_script;

struct redis_async;

/* done(ctx, ref, allowed) is called once, perhaps from inside. While Redis is away every
 * connection is allowed. */
typedef void conn_lease_done(void *ctx, struct conn_ref ref, bool allowed);
void conn_lease_take(
    struct redis_async *redis, struct conn *c, conn_lease_done *done, void *ctx);
/* Nothing for a connection without a lease. */
void conn_lease_renew(struct redis_async *redis, struct conn *c);
void conn_lease_drop(struct redis_async *redis, struct conn *c);

#endif
