/* The accept loop of a worker. It accepts few sockets at a time, so that a storm of new
 * clients never stops delivery, and gives each socket to handshake.h. */
#ifndef PUSH_ACCEPT_H
#define PUSH_ACCEPT_H

#include "door/listen.h"

struct accept;
struct handshake;
struct loop_env;

/* Takes over the worker's listening sockets: accept_free() or accept_drain() closes them.
 * env and handshake must outlive the struct. */
struct accept *accept_new(struct loop_env *env, struct handshake *handshake,
    const struct push_listen *listen, unsigned index);
/* Call when the worker begins to drain, and again every 100 ms. The worker still accepts
 * new clients, to answer them with 503, where no other process would:
 * - TCP: the kernel has chosen this worker's socket, so no other process can accept them.
 * - Unix socket: the worker leaves it to the other workers while one of them takes new
 *   clients.
 * - When the master is dead, the worker answers the clients in its backlogs and closes
 *   its sockets: only then can a new master bind their addresses. */
void accept_drain(struct accept *a);
/* Call every second. When a successor (--take-over) listens at a TCP address too, this
 * worker greets the clients in its backlog and leaves the address to the successor. Else
 * the kernel would give this worker a part of the new clients, and a drain would answer
 * them with 503. */
void accept_look(struct accept *a);
/* Closes the listening sockets. When no other worker takes new clients, the clients in
 * the backlogs are answered 503 first. */
void accept_free(struct accept **a);

#endif
