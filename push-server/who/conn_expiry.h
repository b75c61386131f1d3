/* Expiry of the token in force: the client gets a notice 60 s before, and is closed when
 * the token expires. */
#ifndef PUSH_CONN_EXPIRY_H
#define PUSH_CONN_EXPIRY_H

#include "conn/conn.h"

/* Call after hello, on every turn of the ping wheel, and after a fresh token. Puts the
 * connection on the list when its token expires soon. */
void conn_expiry_watch(struct list *expiring, struct conn *c);
/* Once a second. */
void conn_expiry_tick(struct list *expiring);
void conn_expiry_forget(struct conn *c);

#endif
