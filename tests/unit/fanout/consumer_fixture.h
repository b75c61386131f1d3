/* A worker with a queue in memory, fake batches and fake leases. */
#ifndef TESTS_CONSUMER_FIXTURE_H
#define TESTS_CONSUMER_FIXTURE_H

#include "consumer.h"
#include "fake_batch.h"
#include "fake_partitions.h"
#include "turn.h"

struct fixture {
	struct fanout_conf conf;
	struct consumer w;
	struct queue *mem; /* the queue of the worker, unless the test sets another one */
	struct es_err err;
};

extern volatile sig_atomic_t consumer_stopping;

void consumer_setup(struct fixture *f,
    enum batch_end (*commit)(const struct fake_commit *c, struct es_err *err));
void consumer_teardown(struct fixture *f);

/* n passes of the worker. */
void consumer_passes(struct fixture *f, unsigned n);

/* Sends an entry to the queue in memory; returns its partition. */
unsigned consumer_put(struct fixture *f, const char *group, const char *body);

#endif
