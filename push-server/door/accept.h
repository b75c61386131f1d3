/* The accept loop of a worker: takes sockets in small portions, so that a storm of them
 * never stops delivery, and gives each to handshake.h. */
#ifndef PUSH_ACCEPT_H
#define PUSH_ACCEPT_H

#include "door/listen.h"

struct accept;
struct handshake;
struct loop_env;

/* Takes over the worker's sockets of listen: accept_free or accept_drain closes them. env
 * and handshake outlive it. */
struct accept *accept_new(struct loop_env *env, struct handshake *handshake,
    const struct push_listen *listen, unsigned index);
/* The worker drains: call when that begins and again every 100 ms. New clients are still
 * accepted, for their 503, where no other process would do it:
 * - TCP: the kernel has chosen this worker, nobody else can accept them.
 * - Unix socket: left to the other workers while one of them takes new clients.
 * - When the master is dead, what waits is answered and the sockets are closed: only then
 *   can a new master bind their addresses. */
void accept_drain(struct accept *a);
/* Closes the listening sockets. Clients that wait there are answered 503 first, since no
 * other worker accepts them. */
void accept_free(struct accept **a);

#endif
