/* Declarations shared by batch.c (batches) and batch_run.c (bisecting). */
#ifndef FANOUT_BATCH_PRIVATE_H
#define FANOUT_BATCH_PRIVATE_H

#include "batch.h"
#include "publication.h"
#include "trace/trace.h"

/* Consecutive messages of one envelope: all of them at first, fewer after a split around
 * a poison message. */
struct piece {
	struct envelope envelope;
	size_t entry; /* index of the envelope in the batch */
	size_t first; /* index of the first message in the envelope */
};

struct batch {
	const struct batch_ctx *ctx;
	struct arena *arena;
	int64_t start_us;
	struct piece *pieces; /* one per entry that is an envelope, in order */
	size_t n, max;
	const char **sources;      /* the partition of each envelope */
	struct trace_span *spans;  /* the span of each envelope */
	struct outcome **outcomes; /* outcomes[envelope][message] */
	struct publication *publication;
	size_t n_messages, n_bytes;
	struct es_err odd; /* why the last entry was not an envelope */
	/* between batch_start() and batch_finish() */
	struct batch_commit *commit;
	enum es_code started;
	struct es_err err;
};

/* Counts a failed commit in the metrics. Returns BATCH_RETRY or BATCH_FENCED. */
enum batch_end batch_failed(const struct batch *b, const struct es_err *err);

/* Copies the outcomes of committed pieces, and notes their events for the publication. */
void batch_add_result(struct batch *b, const struct piece pieces[], size_t n,
    const struct batch_result *result);

/* Sends what was committed to Redis. batch_published() must follow. */
void batch_publish(struct batch *b);

/* Counts the batch in the metrics. */
void batch_observe(const struct batch *b);

#endif
