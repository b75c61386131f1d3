/* A worker process of fanout takes batches from the queue, commits them and publishes
 * them. */
#ifndef FANOUT_WORKER_H
#define FANOUT_WORKER_H

#include "core/metrics.h"
#include "fanout_conf.h"

struct trace;

/* Runs the worker until SIGTERM and returns the exit status. owner: the name of this
 * worker, unique among all workers that use the database; a worker that the master
 * restarts keeps the name. index: the number of this worker under its master. slot: the
 * worker's slot in metrics. trace: NULL when there are no traces. */
int worker_run(const struct fanout_conf *conf, struct metrics *metrics,
    struct trace *trace, const char *owner, unsigned index, unsigned slot);

#endif
