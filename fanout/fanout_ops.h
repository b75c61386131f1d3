/* The child that answers operators: health, readiness, metrics, version. */
#ifndef FANOUT_FANOUT_OPS_H
#define FANOUT_FANOUT_OPS_H

#include "core/metrics.h"
#include "fanout_conf.h"

/* Serves until SIGTERM; returns the exit status. */
int fanout_ops_run(const struct fanout_conf *conf, struct metrics *m, unsigned slot);

#endif
