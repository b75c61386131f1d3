/* The periodic work of a worker. A table in periodic.c lists the work and its periods. */
#ifndef PUSH_PERIODIC_H
#define PUSH_PERIODIC_H

#include "worker/worker.h"

/* every period in the table is a multiple of these milliseconds */
#define PERIODIC_TICK_MS 50

struct periodic {
	struct worker *worker;
	ev_timer timer;
	int64_t last_ms; /* time of the previous tick */
};

/* Start on the worker's loop. */
void periodic_start(struct periodic *p, struct worker *w);
void periodic_stop(struct periodic *p);

/* Do the work that is due between two times, each piece at most once. The timer calls it;
 * tests call it with times of their own. */
void periodic_run(struct worker *w, int64_t from_ms, int64_t to_ms);

#endif
