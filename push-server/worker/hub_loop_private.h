/* Shared by hub_loop.c and hub_loop_io.c. */
#ifndef PUSH_HUB_LOOP_PRIVATE_H
#define PUSH_HUB_LOOP_PRIVATE_H

#include "worker/hub_loop.h"
#include "worker/worker.h"

struct hub_loop {
	struct worker *worker;
	struct hub *hub;
	struct presence *presence;
	ev_prepare turn;
	/* active while work is left, so that the loop does not sleep */
	ev_idle more;
	unsigned under_way; /* questions without an answer so far */
	/* the hub sends no further question; the last answer frees the struct */
	bool closed;
};

struct hub_io hub_loop_io(struct hub_loop *hl);
struct presence_io hub_loop_io_presence(struct hub_loop *hl);
/* Call hub_loop_begin() when a question is sent, hub_loop_end() when it is answered. */
void hub_loop_begin(struct hub_loop *hl);
void hub_loop_end(struct hub_loop *hl);

#endif
