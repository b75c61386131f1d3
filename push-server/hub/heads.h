/* Comparing the heads of the logs with the database. */
#ifndef PUSH_HEADS_H
#define PUSH_HEADS_H

#include "hub/hub_state.h"

/* End of a turn: ask for the channels that are in doubt. */
void heads_flush(struct hub *hub);
/* Every second: the next share of the round. */
void heads_second(struct hub *hub);
/* Heal what has been suspected for long enough. */
void heads_tick(struct hub *hub);

#endif
