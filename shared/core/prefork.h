/* A master process that forks workers, restarts dead ones, and drains them on SIGTERM. A
 * worker that dies soon after its start is restarted after a back-off. The master serves
 * no connection, so no client can block it. */
#ifndef CORE_PREFORK_H
#define CORE_PREFORK_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"

/* One kind of worker, which has `count` processes. run is called in the child and returns
 * the exit status. index is 0..count-1 within the kind; slot is unique over all kinds. */
struct prefork_kind {
	const char *name; /* for the log */
	unsigned count;
	int (*run)(void *ctx, unsigned index, unsigned slot);
	/* This kind runs until the end of a drain. It gets SIGUSR1 when the other workers
	 * get SIGTERM, and SIGTERM when they are gone. */
	bool last;
};

/* How workers get the settings that a reload has read. */
enum prefork_reload {
	PREFORK_REFUSED, /* workers keep their settings */
	/* Each worker gets SIGTERM and is started again, one after the other. The master
	 * kills a worker that takes longer than drain_ms. */
	PREFORK_REPLACE,
	/* Each worker gets SIGHUP, but workers that are `last` are replaced. */
	PREFORK_SIGHUP,
};

struct prefork {
	const struct prefork_kind *kinds;
	unsigned n_kinds;
	void *ctx;
	/* ms from SIGTERM until living workers get SIGKILL; 0: 25,000 */
	int64_t drain_ms;
	/* Called in the master when a drain starts, before the workers get SIGTERM; may
	 * be NULL. */
	void (*on_drain)(void *ctx);
	/* Called in the master at SIGHUP: reads the settings again. NULL: the master logs
	 * that SIGHUP changes nothing. */
	enum prefork_reload (*on_reload)(void *ctx);
	/* Called in the master when a worker has ended; may be NULL. */
	void (*on_exit)(void *ctx, unsigned slot, int status);
	/* ms since the last heartbeat of the slot, -1 if there was none yet, 0 for a
	 * process that never sends one. If it is NULL, no process sends heartbeats, and
	 * each process counts as serving as soon as it runs. */
	int64_t (*beat_age_ms)(void *ctx, unsigned slot);
	/* A worker whose last heartbeat is older than this hangs. */
	int64_t hung_after_ms;
};

/* Runs until SIGTERM or SIGINT, and then until all workers are gone. Returns the exit
 * status: 0, or 1 if a worker had to be killed. A worker that dies within 5 s of its
 * start is restarted after a back-off of 100 ms to 5 s, without a limit of tries; other
 * workers are restarted immediately. Workers also get SIGTERM when the master dies
 * (PR_SET_PDEATHSIG). In a worker, SIGTERM and SIGINT have their default actions and are
 * unblocked; the worker installs its own handlers. SIGHUP stays blocked until the worker
 * unblocks it. So a reload that arrives before the worker has a handler does not end the
 * worker, and is not lost. When each worker has had its first heartbeat, the master
 * reports to systemd (notify.h) that the service is ready. It sends the watchdog's
 * message while no running worker hangs. A worker that waits for its restart does not
 * count as hung, because the master itself restarts it. */
int prefork_run(const struct prefork *p);

#endif
