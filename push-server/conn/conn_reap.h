/* Closes connections later. A loop over connections only puts them on a list; this file
 * closes and frees them at the end of the turn. */
#ifndef PUSH_CONN_REAP_H
#define PUSH_CONN_REAP_H

#include "conn/conn.h"

/* Call at the end of a turn: calls `closing`, requests writes of Close frames, and frees
 * the connections that are gone. */
void conn_reap(struct conns *t);
/* Call once a second: cuts the sockets whose close handshake exceeds its deadline. */
void conn_reap_overdue(struct conns *t);

#endif
