/* Closes blocked sockets whose peer has stopped reading. */
#ifndef PUSH_CONN_STALLED_H
#define PUSH_CONN_STALLED_H

struct conns;

/* Call once a second: sorts the blocked sockets by the time at which their peers last
 * took bytes. Closes with 4101 the sockets whose peer took no bytes for
 * ES_PUSH_STALLED_MS. */
void conn_stalled_tick(struct conns *t);

#endif
