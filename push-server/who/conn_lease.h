/* Connections per user, counted over all workers: each holds a lease in Redis that it
 * renews and that runs out by itself when the worker dies. */
#ifndef PUSH_CONN_LEASE_H
#define PUSH_CONN_LEASE_H

#include "conn/conn.h"
#include "redis/redis.h"

extern struct redis_script conn_lease_script;

/* done(w, ref, allowed) is called once, perhaps from inside. Without Redis all may in. */
typedef void conn_lease_done(struct worker *w, struct conn_ref ref, bool allowed);
void conn_lease_take(struct conn *c, conn_lease_done *done);
void conn_lease_renew(struct conn *c);
void conn_lease_drop(struct conn *c);

#endif
