/* The end of a token's life on a live socket: told 60 s before, closed at the second. */
#ifndef PUSH_CONN_EXPIRY_H
#define PUSH_CONN_EXPIRY_H

#include "conn/conn.h"

/* After hello, with each ping and with a fresh token: is the end near? */
void conn_expiry_watch(struct conn *c);
/* Once a second. */
void conn_expiry_tick(struct worker *w);
void conn_expiry_forget(struct conn *c);

#endif
