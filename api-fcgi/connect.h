/* Opens and closes the connections of one worker. Each worker opens its own after the
 * fork; the workers share only the metrics and the send gate. */
#ifndef API_CONNECT_H
#define API_CONNECT_H

#include "worker.h"

/* Fills *out. Does not connect: PostgreSQL, Redis and the queue are reached on first use,
 * so a server that is down is not an error here. Fails when a setting (a URL, a key) is
 * unusable. The caller closes *out with connect_close(). setup and its members must
 * outlive *out. */
enum es_code connect_open(
    const struct worker_setup *setup, struct api *out, struct es_err *err) ES_MUST_CHECK;
void connect_close(struct api *api);

#endif
