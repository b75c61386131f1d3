/* The questions of subscriptions and applicants, gathered: may this user read this
 * channel, and where is its head? The answers go to subscribe_judge(). */
#ifndef PUSH_RIGHTS_ASK_H
#define PUSH_RIGHTS_ASK_H

#include "hub/hub_state.h"

/* End of a turn: put the questions of this turn to the database. */
void rights_ask(struct hub *hub);
/* Refuse the applicants and subscriptions whose right could not be checked in time. */
void rights_ask_tick(struct hub *hub);

#endif
