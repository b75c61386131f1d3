/* The accept loop of a worker. It accepts few sockets in each turn of the loop, so that a
 * storm of new clients never stops delivery, and passes each socket to handshake.h. */
#ifndef PUSH_ACCEPT_H
#define PUSH_ACCEPT_H

#include "door/listen.h"

struct accept;
struct handshake;
struct loop_env;

/* The struct owns the worker's listening sockets from here on: accept_free() or
 * accept_drain() closes them. env and handshake must outlive the struct. */
struct accept *accept_new(struct loop_env *env, struct handshake *handshake,
    const struct push_listen *listen, unsigned index);
/* Call when the worker begins to drain, and again every 100 ms. The worker then accepts
 * only the clients that no other process would accept, and answers them with 503:
 * - TCP: the kernel has chosen this worker's socket, so no other process can accept them.
 * - Unix socket: the worker leaves it to the other workers while one of them takes new
 *   clients.
 * - When the master is dead, the worker answers the clients in its backlogs and closes
 *   its sockets: only then can a new master bind their addresses. */
void accept_drain(struct accept *a);
/* Call every second. When a successor (--take-over) listens at a TCP address too, this
 * worker accepts the clients in its backlog, then stops listening there. Otherwise the
 * kernel would still give this worker a part of the new clients, and a drain would answer
 * them with 503. */
void accept_check_successor(struct accept *a);
/* Closes the listening sockets. When no other worker takes new clients, the clients in
 * the backlogs are answered 503 first. */
void accept_free(struct accept **a);

#endif
