/* What a worker holds: made after the fork, none of it shared but the metrics and the
 * gate. */
#ifndef API_CONNECT_H
#define API_CONNECT_H

#include "worker.h"

/* Servers that are away are no failure: everything connects on first use. */
enum es_code connect_open(
    const struct worker_setup *setup, struct api *out, struct es_err *err) ES_MUST_CHECK;
void connect_close(struct api *api);

#endif
