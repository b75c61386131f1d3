/* What push-server answers to /healthz, /readyz, /metrics and /version, in a child of its
 * own: a busy loop of a worker never delays it. */
#ifndef PUSH_PUSH_OPS_H
#define PUSH_PUSH_OPS_H

#include "core/metrics.h"
#include "env/push_conf.h"

/* Body of the process; returns its exit status. */
int push_ops_run(const struct push_conf *conf, struct metrics *metrics, unsigned slot);

#endif
