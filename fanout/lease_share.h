/* Renews this worker's leases and keeps the worker's fair share of the partitions. */
#ifndef FANOUT_LEASE_SHARE_H
#define FANOUT_LEASE_SHARE_H

#include "leases.h"

/* True when lease_share_update() is due: every third of a lease, or sooner when another
 * worker's lease is about to expire. */
bool lease_share_due(const struct leases *l);

/* Renews the leases, gives back partitions above the share, claims free ones below it,
 * and starts a partition from its beginning when its queue was flushed. After a failure
 * the worker holds the leases until they expire. */
enum es_code lease_share_update(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
