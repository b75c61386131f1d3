/* Who reads which partition of the queue: leases with a fencing epoch, in the same
 * database as what is committed under them. All times are the database's. */
#ifndef STORE_PARTITION_STORE_H
#define STORE_PARTITION_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "pg/pg.h"

struct partition {
	int64_t number, epoch;
	const char *owner;
	int64_t until_ms; /* 0: let go */
	const char *done; /* position up to which all is committed; NULL: none yet */
	bool held;        /* the lease is running */
};

/* *got false: somebody else holds it. A claim by the same owner succeeds, in a new epoch.
 */
enum es_code partition_store_claim(struct pg *pg, unsigned number, const char *owner,
    int64_t lease_ms, struct arena *a, struct partition *out, bool *got,
    struct es_err *err) ES_MUST_CHECK;
/* Extends parts[i] (number, epoch); kept[i] tells whether it is still ours. */
enum es_code partition_store_renew(struct pg *pg, struct partition parts[], size_t n,
    int64_t lease_ms, struct arena *a, bool kept[], struct es_err *err) ES_MUST_CHECK;
/* Not ours any more: nothing happens. */
enum es_code partition_store_release(struct pg *pg, const struct partition *p,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Store the position without a batch; a failure may be batch_store_fenced(). */
enum es_code partition_store_done(struct pg *pg, const struct partition *p,
    const char *done, struct arena *a, struct es_err *err) ES_MUST_CHECK;
enum es_code partition_store_list(struct pg *pg, struct arena *a, struct partition **out,
    size_t *n, struct es_err *err) ES_MUST_CHECK;

#endif
