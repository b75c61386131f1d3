/* The people that a reader has asked for by presence_watch. */
#ifndef PUSH_PRESENCE_WATCH_H
#define PUSH_PRESENCE_WATCH_H

#include "presence/presence_state.h"

void presence_watch_clear(struct presence_conn *pc);
/* Ask Redis how all watched people of the tenant are, e.g. after a loss. */
void presence_watch_refresh(struct presence_tenant *pt);

#endif
