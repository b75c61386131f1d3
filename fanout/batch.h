/* Commits one batch of queue entries: decodes them, commits them in one transaction,
 * bisects around poison messages, publishes. */
#ifndef FANOUT_BATCH_H
#define FANOUT_BATCH_H

#include "core/metrics.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/batch_store.h"

struct trace;

struct batch_ctx {
	/* Limits of one transaction: messages, and bytes of entries as they are in the
	 * queue. One entry is always accepted. */
	size_t max_messages, max_bytes;
	struct pg *pg;
	struct redis *redis;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	const char *source;  /* name of the queue in dead letters, e.g. "es:q:3" */
};

enum batch_end {
	BATCH_DONE,  /* every message is committed, a repeat, refused, or a dead letter */
	BATCH_RETRY, /* PostgreSQL can't commit now: try the batch, or less of it, again
	                later */
	BATCH_FENCED, /* another worker owns the partition: stop at once */
};

/* Commits the first *taken of the n entries, in queue order. fence: NULL for a queue that
 * leases messages by itself. After BATCH_RETRY *taken is the number of entries that were
 * tried. A part of them may be committed; the next try finds those as repeats and
 * publishes them again. A failure to publish is counted and logged only, because
 * push-server finds missing events by their numbers. err: why the result is not
 * BATCH_DONE. */
enum batch_end batch_run(const struct batch_ctx *ctx, const struct batch_fence *fence,
    const struct queue_msg msgs[], size_t n, size_t *taken, struct arena *a,
    struct es_err *err) ES_MUST_CHECK;

#endif
