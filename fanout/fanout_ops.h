/* The child that answers operators: health, readiness, metrics, version. */
#ifndef FANOUT_FANOUT_OPS_H
#define FANOUT_FANOUT_OPS_H

#include "core/metrics.h"
#include "core/unix_socket.h"
#include "fanout_conf.h"

/* Serves clients of s until SIGTERM; returns the exit status. */
int fanout_ops_run(const struct fanout_conf *conf, const struct unix_socket *s,
    struct metrics *m, unsigned slot);

#endif
