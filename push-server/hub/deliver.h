/* Delivery: the turn in which cursors advance. */
#ifndef PUSH_DELIVER_H
#define PUSH_DELIVER_H

#include "hub/hub_state.h"

/* True: more is waiting. */
bool deliver_turn(struct hub *hub);
/* The connection takes bytes again. */
void deliver_writable(struct hub_conn *hc);
/* pages_events.arrived: ctx is the hub. */
void deliver_page(void *ctx, struct page *page, struct list *waiters);

#endif
