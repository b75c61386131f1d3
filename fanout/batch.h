/* Commits one batch of queue entries: decodes them, commits them in one transaction, and
 * publishes them. A batch of several partitions is committed whole or not at all
 * (batch_start(), batch_finish()); one of a single partition is bisected around poison
 * messages (batch_run()). */
#ifndef FANOUT_BATCH_H
#define FANOUT_BATCH_H

#include "core/metrics.h"
#include "queue/queue.h"
#include "redis/redis.h"
#include "store/batch_store.h"

struct trace;

struct batch_ctx {
	/* Limits of one transaction: the number of its messages, and the bytes of its
	 * queue entries. An empty batch accepts an entry of any size. */
	size_t max_messages, max_bytes;
	struct pg *pg;
	struct redis *redis;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
};

enum batch_end {
	BATCH_DONE,  /* every message is committed, a repeat, refused, or a dead letter */
	BATCH_RETRY, /* PostgreSQL can't commit now: try the batch, or less of it, again
	                later */
	BATCH_FENCED, /* another worker owns the partition: commit no more of it */
};

/* A batch of entries of several partitions. ctx must outlive it; the arena owns it. */
struct batch;

/* Makes an empty batch with room for max entries. */
struct batch *batch_new(const struct batch_ctx *ctx, size_t max, struct arena *a);

/* Decodes the next entries of a partition and adds them until the batch is full. Returns
 * how many were added. *odd is set to true when the next entry is not an envelope; only
 * batch_run() can make that entry a dead letter. source is the name of the partition in
 * traces, e.g. "es:q:3", and must outlive the batch. The caller may free the entries
 * after the call. Does no I/O. */
size_t batch_add(struct batch *b, const char *source, const struct queue_msg msgs[],
    size_t n, bool *odd) ES_MUST_CHECK;

/* The number of entries in the batch. */
size_t batch_entries(const struct batch *b);

/* Sends a batch that is not empty to PostgreSQL and does not wait for its commit. Until
 * batch_finish(), which must follow, ctx->pg can't be used. */
void batch_start(struct batch *b, const struct batch_fence fences[], size_t n_fences);

/* Waits for the commit, then sends the publication of the batch. After any result but
 * BATCH_DONE, either nothing is committed, or the answer to the commit was lost.
 * BATCH_RETRY: PostgreSQL can't commit now, or one of the messages is poison: call
 * batch_run() for each partition to commit the other messages. BATCH_FENCED: another
 * worker owns at least one of the partitions. */
enum batch_end batch_finish(struct batch *b, struct es_err *err) ES_MUST_CHECK;
/* After BATCH_DONE of batch_finish(): waits until the batch is published. Until then
 * ctx->redis can't be used, so that the worker can use the queue meanwhile. */
void batch_published(struct batch *b);

/* Commits the first *taken of the n entries of one partition, in queue order. source: the
 * name of the queue in dead letters. fence: NULL for a queue that leases messages by
 * itself. After BATCH_RETRY *taken is the number of entries that were tried. A part of
 * them may be committed; the next try finds those as repeats and publishes them again. A
 * failure to publish is counted and logged only, because push-server finds missing events
 * by their numbers. err: why the result is not BATCH_DONE. */
enum batch_end batch_run(const struct batch_ctx *ctx, const char *source,
    const struct batch_fence *fence, const struct queue_msg msgs[], size_t n,
    size_t *taken, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
