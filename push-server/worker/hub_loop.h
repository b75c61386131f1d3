/* The hub of a running worker: its watchers, and how much of what it asked is under way.
 */
#ifndef PUSH_HUB_LOOP_H
#define PUSH_HUB_LOOP_H

#include "hub/hub_private.h"

struct hub_loop {
	struct worker *worker;
	struct hub *hub;
	ev_prepare turn;
	ev_idle more; /* while work is left the loop does not sleep */
	ev_timer tick, second;
	unsigned under_way;
	bool closed; /* asks nothing any more; goes with its last answer */
};

struct hub_io hub_loop_io(struct hub_loop *hw);
/* Around each question. */
void hub_loop_begin(struct hub_loop *hw);
void hub_loop_end(struct hub_loop *hw);

#endif
