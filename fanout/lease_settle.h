/* Stores the positions of committed entries, trims the queue up to what is stored, and
 * gives leases back. */
#ifndef FANOUT_LEASE_SETTLE_H
#define FANOUT_LEASE_SETTLE_H

#include "lease.h"

/* Stores and trims the partitions that have been idle for a while, or all of them when
 * now is set. A lease that turns out to be another worker's is dropped. */
enum es_code lease_settle(struct leases *l, struct pg *pg, struct queue *q, bool now,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Settles the last lease and gives it back; there must be one. */
enum es_code lease_settle_let_go(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Gives all leases back, so that other workers need not wait for their end. */
void lease_settle_release(struct leases *l, struct pg *pg, struct arena *a);

#endif
