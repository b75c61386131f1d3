/* Batches in memory, linked instead of batch.c and batch_run.c. The fake decodes no
 * entry: the entry "odd" counts as no envelope, every other entry as one. The test's hook
 * commits. */
#ifndef TESTS_FAKE_BATCH_H
#define TESTS_FAKE_BATCH_H

#include "batch.h"

/* The argument of the test's hook. */
struct fake_commit {
	const struct batch_fence *fences;
	size_t n_fences;
	const struct queue_msg *msgs;
	size_t n;
	bool alone; /* the caller is batch_run() */
};

struct fake_batches {
	/* The test's hook: commits. The fake has filled err with ES_UNAVAILABLE. */
	enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err);
	size_t room;           /* maximum number of entries of one batch */
	char log[4096];        /* "add:1 start:1 finish:1 ", with the number of entries */
	unsigned under_way;    /* batches between batch_start() and batch_finish() */
	void (*started)(void); /* called by batch_start(), or NULL */
	unsigned in_publication; /* batches between batch_finish(), batch_published() */
	void (*published)(void); /* called by batch_published(), or NULL */
};
extern struct fake_batches fake_batches;

void fake_batches_reset(
    enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err));

#endif
