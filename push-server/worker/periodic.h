/* The periodic work of a worker: one table says what is done how often. */
#ifndef PUSH_PERIODIC_H
#define PUSH_PERIODIC_H

#include "worker/worker.h"

#define PERIODIC_TICK_MS 50 /* every period of the table is a multiple of it */

struct periodic {
	struct worker *worker;
	ev_timer timer;
	int64_t last_ms; /* of the tick before */
};

/* Start on the worker's loop. */
void periodic_start(struct periodic *p, struct worker *w);
void periodic_stop(struct periodic *p);

/* Do what is due between two times, each piece of work at most once. The timer does so;
 * tests call it to let time pass. */
void periodic_run(struct worker *w, int64_t from_ms, int64_t to_ms);

#endif
