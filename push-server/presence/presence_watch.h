/* The people that a client asked for with a presence_watch frame. */
#ifndef PUSH_PRESENCE_WATCH_H
#define PUSH_PRESENCE_WATCH_H

#include "presence/presence_state.h"

void presence_watch_clear(struct presence_conn *pc);
/* Ask Redis for the statuses of all watched people of the tenant, e.g. after changes were
 * lost. */
void presence_watch_refresh(struct presence_tenant *pt);

#endif
