/* One batch of the queue: decode, commit, bisect around poison, publish. */
#ifndef FANOUT_BATCH_H
#define FANOUT_BATCH_H

#include "core/metrics.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/batch_store.h"

struct batch_ctx {
	/* Of one transaction: messages, and bytes of entries as they were in the queue.
	 * One entry is always taken. */
	size_t max_messages, max_bytes;
	struct pg *pg;
	struct redis *redis;
	struct metrics *metrics;
	const char *source; /* in dead letters, e.g. "es:q:3" */
};

enum batch_end {
	BATCH_DONE,  /* every message is committed, a repeat, refused, or a dead letter */
	BATCH_RETRY, /* the database is not able: run it or less of it again, later */
	BATCH_FENCED, /* the partition belongs to another now: stop at once */
};

/* msgs in queue order, *taken of them are dealt with; fence NULL when the queue leases by
 * itself. After BATCH_RETRY *taken is how many were tried, and a part may be committed:
 * its messages are repeats the next time and are published again. A failure to publish is
 * counted and logged, no more: the readers heal from the numbers. err tells why it was
 * not BATCH_DONE. */
enum batch_end batch_run(const struct batch_ctx *ctx, const struct batch_fence *fence,
    const struct queue_msg msgs[], size_t n, size_t *taken, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
