/* Expiry of the token in force. The client gets token_expiring 60 s before; the
 * connection is closed when the token expires. */
#ifndef PUSH_CONN_EXPIRY_H
#define PUSH_CONN_EXPIRY_H

#include "conn/conn.h"

/* Puts the connection on the list when its token expires soon. Call after hello, once in
 * each ping interval, and after a fresh token. */
void conn_expiry_watch(struct list *expiring, struct conn *c);
/* Once a second: sends the notices, and closes connections whose token has expired. */
void conn_expiry_tick(struct list *expiring);
void conn_expiry_forget(struct conn *c);

#endif
