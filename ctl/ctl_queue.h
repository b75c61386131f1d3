/* Opens the queue that the settings of echostreamctl name. */
#ifndef CTL_CTL_QUEUE_H
#define CTL_CTL_QUEUE_H

#include "queue/queue.h"

#include "ctl_run.h"

bool ctl_queue_open(
    const struct ctl *c, struct queue **out, struct es_err *err) ES_MUST_CHECK;

#endif
