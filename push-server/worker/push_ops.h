/* Answers /healthz, /readyz, /metrics and /version of push-server. It runs in a child
 * process of its own, so that a busy worker never delays the answers. */
#ifndef PUSH_PUSH_OPS_H
#define PUSH_PUSH_OPS_H

#include "core/metrics.h"
#include "core/unix_socket.h"
#include "env/push_conf.h"

/* A worker's loop updates its heartbeat every second. A loop whose heartbeat is older
 * than this is stuck. */
#define PUSH_OPS_HUNG_AFTER_MS 10000

/* The main function of the ops process, which serves the clients of s. Returns the exit
 * status. */
int push_ops_run(const struct push_conf *conf, const struct unix_socket *s,
    struct metrics *metrics, unsigned slot);

#endif
