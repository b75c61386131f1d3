/* Counts the connections of a user over all workers. Each connection holds a lease in
 * Redis and renews it. When a worker dies, the leases of its connections expire. */
#ifndef PUSH_CONN_LEASE_H
#define PUSH_CONN_LEASE_H

#include "conn/conn.h"
#include "redis/redis.h"

extern struct redis_script conn_lease_script;

struct redis_async;

/* done(ctx, ref, allowed) is called once, perhaps before conn_lease_take() returns. While
 * Redis is unreachable every connection is allowed. */
typedef void conn_lease_done(void *ctx, struct conn_ref ref, bool allowed);
void conn_lease_take(
    struct redis_async *redis, struct conn *c, conn_lease_done *done, void *ctx);
/* Renews the lease of the connection; does nothing when it has none. */
void conn_lease_renew(struct redis_async *redis, struct conn *c);
void conn_lease_drop(struct redis_async *redis, struct conn *c);

#endif
