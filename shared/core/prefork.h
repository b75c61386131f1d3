/* A master that forks workers, starts a dead one again with back-off and drains on
 * SIGTERM. The master holds no connection, so it can't hang on one. */
#ifndef CORE_PREFORK_H
#define CORE_PREFORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* One kind of worker, `count` of them. run is called in the child and returns its exit
 * status; index is 0..count-1 within the kind, slot is unique over all kinds. */
struct prefork_kind {
	const char *name; /* appears in the log */
	unsigned count;
	int (*run)(void *ctx, unsigned index, unsigned slot);
	/* Stays to the end of a drain: hears SIGUSR1 when the others are told to stop,
	 * and SIGTERM when they are gone. */
	bool last;
};

struct prefork {
	const struct prefork_kind *kinds;
	unsigned n_kinds;
	void *ctx;
	int64_t drain_ms; /* from SIGTERM to SIGKILL of a worker; 25 000 by default */
	/* Called in the master before the workers are told to stop; may be NULL. */
	void (*on_drain)(void *ctx);
	/* Called in the master when a worker is gone; may be NULL. */
	void (*on_exit)(void *ctx, unsigned slot, int status);
};

/* Runs until SIGTERM or SIGINT and all workers are gone; returns the exit status: 0, or 1
 * when a worker had to be killed. A worker that dies within 5 s of its start is restarted
 * after a back-off of 100 ms to 5 s; never gives up. SIGHUP is passed on to all workers.
 * Workers get SIGTERM also when the master dies (PR_SET_PDEATHSIG). In a worker SIGTERM,
 * SIGINT, SIGHUP are at default and unblocked: it installs its own. */
int prefork_run(const struct prefork *p);

#endif
