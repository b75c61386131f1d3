/* After SIGTERM: new clients get 503 (accept.h). Every connected client receives a
 * reconnect frame with a time of its own. The worker spreads the closes (4200), so that
 * the clients do not all connect to another server at the same time. */
#ifndef PUSH_DRAIN_H
#define PUSH_DRAIN_H

struct drain;
struct worker;

/* Starts the drain. The drain stops the loop when the last connection is gone or the time
 * is over. */
void drain_begin(struct worker *w);
void drain_free(struct drain **d);

#endif
