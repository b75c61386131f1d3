/* The main function of a worker process. */
#ifndef PUSH_WORKER_RUN_H
#define PUSH_WORKER_RUN_H

#include "core/metrics.h"
#include "door/listen.h"
#include "env/push_conf.h"

struct conf_share;
struct trace;

/* Runs until a drain is finished; returns the exit status. slot is the worker's slot in
 * metrics. trace: NULL when there are no traces. SIGHUP loads new values from share into
 * *conf. */
int worker_run(struct push_conf *conf, const struct conf_share *share,
    struct metrics *metrics, struct trace *trace, const struct push_listen *listen,
    unsigned index, unsigned slot);

#endif
