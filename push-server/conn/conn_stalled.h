/* Blocked sockets whose peer has stopped to read. */
#ifndef PUSH_CONN_STALLED_H
#define PUSH_CONN_STALLED_H

struct conns;

/* Once a second: puts the blocked sockets in the order of the time at which their peers
 * last took bytes, and closes with 4101 those that took none for ES_PUSH_STALLED_MS. */
void conn_stalled_tick(struct conns *t);

#endif
