/* A worker process of a pool. It serves one request at a time until SIGTERM. */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "env/api.h"

struct worker_setup {
	const struct api_conf *conf;
	const struct router *router;
	struct metrics *metrics;
	struct trace *trace; /* NULL: no traces */
	struct send_gate *gate;
	const char *pool;
	int64_t timeout_max_ms; /* longest time-out of a call to PostgreSQL, Redis or SQS;
	                           lowers the settings */
	int listen_fd;
	unsigned slot; /* of this worker in the metrics and at the send gate */
};

/* Serves requests until SIGTERM or SIGINT. Finishes the current request and the
 * connections in the backlog of a socket that listen_stop() has closed. Returns the exit
 * status of the process. */
int worker_run(const struct worker_setup *setup);

#endif
