/* Compares the heads of the logs with the database, to find lost events. */
#ifndef PUSH_HEADS_H
#define PUSH_HEADS_H

#include "hub/hub_state.h"

/* Call at the end of a turn: asks the database for the heads of the channels on
 * hub->checks. */
void heads_flush(struct hub *hub);
/* Call every second: puts the next share of all channels on hub->checks. */
void heads_each_second(struct hub *hub);
/* Heal the channels whose log has been below the database's head for SUSPECT_MS. */
void heads_tick(struct hub *hub);

#endif
