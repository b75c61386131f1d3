/* The deferred end of connections: a loop over connections only marks, this file acts at
 * the end of the turn. */
#ifndef PUSH_CONN_REAP_H
#define PUSH_CONN_REAP_H

#include "conn/conn.h"

/* End of a turn: tell `closing`, ask for close frames, free connections that are gone. */
void conn_reap(struct conns *t);
/* Once a second: cut sockets whose close has taken too long. */
void conn_reap_overdue(struct conns *t);

#endif
