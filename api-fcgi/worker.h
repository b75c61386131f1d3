/* One worker process of a pool: a request at a time until SIGTERM. */
#ifndef API_WORKER_H
#define API_WORKER_H

#include "env/api.h"

struct worker_setup {
	const struct api_conf *conf;
	const struct router *router;
	struct metrics *metrics;
	struct send_gate *gate;
	const char *pool;
	int64_t timeout_max_ms; /* of one call to a server; the settings may say less */
	int listen_fd;
	unsigned slot;
};

/* Returns the exit status. A request in flight is finished before the end. */
int worker_run(const struct worker_setup *setup);

#endif
