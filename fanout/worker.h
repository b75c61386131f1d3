/* A worker process of fanout. It takes batches from the queue, commits and publishes
 * them. */
#ifndef FANOUT_WORKER_H
#define FANOUT_WORKER_H

#include "core/metrics.h"
#include "fanout_conf.h"

struct trace;

/* Runs the worker until SIGTERM and returns the exit status. owner: the name of this
 * worker among all that share the database; it stays the same when the master restarts
 * the worker. index: among the workers of this master. slot: in metrics. trace:
 * NULL when there are no traces. */
int worker_run(const struct fanout_conf *conf, struct metrics *metrics,
    struct trace *trace, const char *owner, unsigned index, unsigned slot);

#endif
