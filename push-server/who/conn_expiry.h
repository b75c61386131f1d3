/* The end of a token's life on a live socket: told 60 s before, closed at the second. */
#ifndef PUSH_CONN_EXPIRY_H
#define PUSH_CONN_EXPIRY_H

#include "conn/conn.h"

/* After hello, with each ping and with a fresh token: a connection whose token ends soon
 * goes on the list. */
void conn_expiry_watch(struct list *expiring, struct conn *c);
/* Once a second. */
void conn_expiry_tick(struct list *expiring);
void conn_expiry_forget(struct conn *c);

#endif
