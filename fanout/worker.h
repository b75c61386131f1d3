/* A fanout worker: takes batches from the queue, commits and publishes them. */
#ifndef FANOUT_WORKER_H
#define FANOUT_WORKER_H

#include "core/metrics.h"
#include "fanout_conf.h"

/* owner names this worker among all that share the database, and stays the same over its
 * restarts under one master. Returns the exit status after SIGTERM. */
int worker_run(const struct fanout_conf *conf, struct metrics *metrics, const char *owner,
    unsigned index, unsigned slot);

#endif
