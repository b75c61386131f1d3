/* Between hub_loop.c and hub_loop_io.c. */
#ifndef PUSH_HUB_LOOP_PRIVATE_H
#define PUSH_HUB_LOOP_PRIVATE_H

#include "worker/hub_loop.h"
#include "worker/worker.h"

struct hub_loop {
	struct worker *worker;
	struct hub *hub;
	struct presence *presence;
	ev_prepare turn;
	ev_idle more;       /* while work is left the loop does not sleep */
	unsigned under_way; /* questions that have not been answered */
	bool closed;        /* asks nothing any more; goes with its last answer */
};

struct hub_io hub_loop_io(struct hub_loop *hl);
struct presence_io hub_loop_io_presence(struct hub_loop *hl);
/* Around each question. */
void hub_loop_begin(struct hub_loop *hl);
void hub_loop_end(struct hub_loop *hl);

#endif
