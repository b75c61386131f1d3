/* After SIGTERM: new clients get 503 (accept.h). Every connected client receives a
 * reconnect frame with a time of its own, and is closed with 4200. The closes are spread,
 * so that the clients do not all connect to the next server at once. */
#ifndef PUSH_DRAIN_H
#define PUSH_DRAIN_H

struct drain;
struct worker;

/* Starts the drain. It stops the loop when the last connection is gone or the time is
 * over. */
void drain_begin(struct worker *w);
void drain_free(struct drain **d);

#endif
