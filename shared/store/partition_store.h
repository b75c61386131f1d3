/* The assignment of the queue's partitions to workers. A lease has a fencing epoch and is
 * stored in the database to which its holder commits. All times are those of the
 * database's clock. */
#ifndef STORE_PARTITION_STORE_H
#define STORE_PARTITION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pg/pg.h"

struct partition {
	int64_t number, epoch;
	const char *owner;
	int64_t until_ms; /* Unix time in ms at which the lease ends; 0: released */
	/* all entries up to this position are committed; NULL: none yet */
	const char *done;
	bool held; /* the lease has not ended */
};

/* Claims a partition. *got is false when another owner holds it. A claim by the same
 * owner succeeds and raises the epoch. */
enum es_code partition_store_claim(struct pg *pg, unsigned number, const char *owner,
    int64_t lease_ms, struct arena *a, struct partition *out, bool *got,
    struct es_err *err) ES_MUST_CHECK;
/* Extends the leases of parts[i] (number, epoch). kept[i] is false when another worker
 * has the partition now. */
enum es_code partition_store_renew(struct pg *pg, struct partition parts[], size_t n,
    int64_t lease_ms, struct arena *a, bool kept[], struct es_err *err) ES_MUST_CHECK;
/* Ends the lease. Does nothing when another worker has the partition. */
enum es_code partition_store_release(struct pg *pg, const struct partition *p,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Stores the position `done` without a batch. After a failure batch_store_fenced() says
 * whether another worker has the partition. */
enum es_code partition_store_done(struct pg *pg, const struct partition *p,
    const char *done, struct arena *a, struct es_err *err) ES_MUST_CHECK;
enum es_code partition_store_list(struct pg *pg, struct arena *a, struct partition **out,
    size_t *n, struct es_err *err) ES_MUST_CHECK;

#endif
