/* Settles partitions: stores the positions of committed entries, trims the queue up to
 * what is stored, and gives leases back. */
#ifndef FANOUT_LEASE_SETTLE_H
#define FANOUT_LEASE_SETTLE_H

#include "leases.h"

/* Settles the partitions that have been idle for 200 ms, or every partition when all is
 * set. Drops a lease when PostgreSQL says that another worker has it. With all, continues
 * after a failure and returns the first failure. */
enum es_code lease_settle(struct leases *l, struct pg *pg, struct queue *q, bool all,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Trims the busy partitions for which it is time, in one request to the queue. Does not
 * use PostgreSQL, so that it can run while a commit is under way. */
enum es_code lease_settle_trim(
    struct leases *l, struct queue *q, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Settles the last lease in held and gives it back, so that another worker can claim it.
 * Call only when held is not empty. */
enum es_code lease_settle_give_back(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Gives all leases back without settling the partitions, so that other workers need not
 * wait until the leases expire. A failure is logged. */
void lease_settle_give_back_all(struct leases *l, struct pg *pg, struct arena *a);

#endif
