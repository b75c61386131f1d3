/* Which partitions of the queue this worker owns: claims its fair share, renews, lets go
 * of what is too much, and keeps the position of each. The fence is in the database. */
#ifndef FANOUT_LEASE_H
#define FANOUT_LEASE_H

#include "core/metrics.h"
#include "queue/queue.h"
#include "store/partition_store.h"

struct lease {
	struct partition part;
	char done[QUEUE_POSITION_MAX]; /* stored with the last commit */
	char read[QUEUE_POSITION_MAX]; /* committed, not yet stored: the next batch does
	                                  it */
	bool trimmed;                  /* the queue was cut up to done */
	int64_t trimmed_ms;            /* CLOCK_MONOTONIC of the last cut */
	int64_t idle_since_ms;         /* CLOCK_MONOTONIC of the last batch */
	int64_t not_before_ms; /* back-off after a batch that could not be committed */
	unsigned tries;
	size_t ask; /* entries of one receive: halved after a failure, doubled after a
	             * success */
};

struct leases {
	const char *owner;
	int64_t lease_ms;
	unsigned partitions;
	struct metrics *metrics;
	struct lease *held; /* room for all partitions */
	size_t n;
	size_t alive; /* workers known to be at work, this one included; 0: not known */
	int64_t next_ms; /* when to look again */
};

void leases_init(struct leases *l, const char *owner, int64_t lease_ms,
    unsigned partitions, struct metrics *metrics);
void leases_fini(struct leases *l);

/* Is it time for a turn? A third of the lease apart. */
bool leases_due(const struct leases *l);
/* Renew, claim, let go; look whether the queue was flushed. A failure leaves what is held
 * to run out. */
enum es_code leases_turn(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Where the partition stands in held; n when it is not held. */
size_t leases_find(const struct leases *l, int64_t number);

/* Another owns it now. */
void leases_drop(struct leases *l, size_t i);

/* Store what has been committed but not stored, for partitions that have been idle for a
 * while (or for all, when `now` is set); cut what is stored off the queue. One that turns
 * out to be another's is dropped. */
enum es_code leases_settle(struct leases *l, struct pg *pg, struct queue *q, bool now,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Settle the last one held and give it back; there must be one. */
enum es_code leases_let_go(struct leases *l, struct pg *pg, struct queue *q,
    struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* Give everything back, so that others need not wait for the lease to end. */
void leases_release(struct leases *l, struct pg *pg, struct arena *a);

#endif
