/* Gathers the questions of subscriptions and applicants: whether the user may read the
 * channel, and the number of the channel's head. subscribe_judge() takes the answers. */
#ifndef PUSH_RIGHTS_ASK_H
#define PUSH_RIGHTS_ASK_H

#include "hub/hub_state.h"

/* Call at the end of a turn: sends the waiting questions that are due (gather.h) to the
 * database. */
void rights_ask(struct hub *hub);
/* Refuse the applicants and subscriptions whose right could not be checked in time. */
void rights_ask_tick(struct hub *hub);

#endif
