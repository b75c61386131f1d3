/* The process that serves /healthz, /readyz, /metrics and /version. */
#ifndef FANOUT_FANOUT_OPS_H
#define FANOUT_FANOUT_OPS_H

#include "core/metrics.h"
#include "core/unix_socket.h"
#include "fanout_conf.h"

/* Serves the clients of socket s until SIGTERM. Opens connections of its own. Returns the
 * exit status. */
int fanout_ops_run(const struct fanout_conf *conf, const struct unix_socket *s,
    struct metrics *m, unsigned slot);

/* A worker counts as hung when it has had no heartbeat for this time. */
int64_t fanout_ops_hung_after_ms(const struct fanout_conf *conf);

#endif
