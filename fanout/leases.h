/* The partitions of the queue that this worker holds. PostgreSQL keeps the fence: a
 * worker whose lease has passed to another worker can't commit. */
#ifndef FANOUT_LEASES_H
#define FANOUT_LEASES_H

#include "core/metrics.h"
#include "queue/queue.h"
#include "store/batch_store.h"
#include "store/partition_store.h"

struct lease {
	struct partition part;
	char done[QUEUE_POSITION_MAX];  /* the position that PostgreSQL has stored */
	char read[QUEUE_POSITION_MAX];  /* position of the last entry that is committed;
	                                   the next batch stores it */
	char ahead[QUEUE_POSITION_MAX]; /* position of the last entry that the worker has
	                                   put into a batch; equal to `read` when no batch
	                                   is planned or under way */
	bool alone;   /* commit the next batch apart from the other partitions, because
	                 one with them has failed */
	bool trimmed; /* the queue is trimmed up to done */
	int64_t trimmed_ms;    /* CLOCK_MONOTONIC of the last trim */
	int64_t idle_since_ms; /* CLOCK_MONOTONIC of the last batch */
	int64_t not_before_ms; /* CLOCK_MONOTONIC; back-off after a batch that could not
	                          be committed */
	unsigned tries;        /* of the batch that could not be committed */
	size_t receive_max;    /* maximum number of entries of one receive: halved after a
	                          failure, doubled after a success */
};

struct leases {
	const char *owner;
	int64_t lease_ms;
	unsigned partitions;
	struct metrics *metrics;
	struct lease *held; /* n leases; room for all partitions */
	size_t n;
	size_t alive;         /* live workers, this one included; 0: not known */
	int64_t update_at_ms; /* CLOCK_MONOTONIC of the next lease_share_update() */
};

/* Starts with no lease. owner must outlive *l. partitions is the number of partitions of
 * the whole queue. leases_fini() frees the memory, but does not give leases back. */
void leases_init(struct leases *l, const char *owner, int64_t lease_ms,
    unsigned partitions, struct metrics *metrics);
void leases_fini(struct leases *l);

/* The index of a partition in held; n when this worker does not hold it. */
size_t leases_find(const struct leases *l, int64_t number);

/* The fence of the next batch. The commit of that batch checks the fence, and stores the
 * end of the batch before. The strings of the fence belong to the lease. */
struct batch_fence leases_fence(const struct lease *held);

/* Notes that the batch that ends at the position is committed and published. The commit
 * has stored the end of the batch before it, so the queue may be trimmed up to there. */
void leases_advance(struct lease *held, const char *position);

/* Call when no batch is planned or under way any more: the worker receives the entries
 * after the last committed entry again. */
void leases_rewind(struct leases *l);

/* Removes the lease at index i, because another worker owns the partition now. The last
 * lease takes its index. */
void leases_drop(struct leases *l, size_t i);

#endif
