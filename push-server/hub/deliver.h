/* Delivery: in each turn of the loop the connections receive the frames after their
 * cursors. */
#ifndef PUSH_DELIVER_H
#define PUSH_DELIVER_H

#include "hub/hub_state.h"

/* Serve the connections that are ready, within the limits of a turn. Returns true when
 * some are not served yet. */
bool deliver_turn(struct hub *hub);
/* Serve a connection whose socket takes bytes again. */
void deliver_writable(struct hub_conn *hc);
/* The callback pages_events.arrived; ctx is the hub. */
void deliver_page(void *ctx, struct page *page, struct list *waiters);
/* The callback pages_events.gone: asks for the right of each reader again. */
void deliver_page_gone(void *ctx, struct list *waiters);

#endif
