/* The hub of a running worker: its watchers, and how much of what it asked is under way.
 */
#ifndef PUSH_HUB_WORKER_H
#define PUSH_HUB_WORKER_H

#include "hub_private.h"

struct hub_worker {
	struct worker *worker;
	struct hub *hub;
	ev_prepare turn;
	ev_idle more; /* while work is left the loop does not sleep */
	ev_timer tick, second;
	unsigned under_way;
	bool closed; /* asks nothing any more; goes with its last answer */
};

struct hub_io hub_worker_io(struct hub_worker *hw);
/* Around each question. */
void hub_worker_begin(struct hub_worker *hw);
void hub_worker_end(struct hub_worker *hw);

#endif
