/* Keeps this worker's leases and its fair share of the partitions. */
#ifndef FANOUT_LEASE_SHARE_H
#define FANOUT_LEASE_SHARE_H

#include "leases.h"

/* Is it time for lease_share_update()? It is every third of the lease, or sooner. */
bool lease_share_due(const struct leases *l);

/* Renews the leases, gives back what is above the share, claims what is below it, and
 * looks whether the queue was flushed. After a failure the leases held run on. */
enum es_code lease_share_update(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
