/* Batches in memory instead of batch.c and batch_run.c. Nothing is decoded: an entry
 * "odd" is no envelope. A hook of the test commits. */
#ifndef TESTS_FAKE_BATCH_H
#define TESTS_FAKE_BATCH_H

#include "batch.h"

/* What the test's hook gets. */
struct fake_commit {
	const struct batch_fence *fences;
	size_t n_fences;
	const struct queue_msg *msgs;
	size_t n;
	bool alone; /* by batch_run() */
};

struct fake_batches {
	/* Commits; err is filled with ES_UNAVAILABLE already. */
	enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err);
	size_t room;           /* entries of one batch */
	char log[4096];        /* "add:1 start:1 finish:1 ", with the number of entries */
	unsigned under_way;    /* batches between batch_start() and batch_finish() */
	void (*started)(void); /* called by batch_start(), or NULL */
};
extern struct fake_batches fake_batches;

void fake_batches_reset(
    enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err));

#endif
