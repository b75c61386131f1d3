/* Closes the listening socket of a pool. The master creates the sockets before it forks;
 * the workers of a pool share one (core/unix_socket.h). */
#ifndef API_LISTEN_H
#define API_LISTEN_H

#include <stdbool.h>

#include "core/unix_socket.h"

#define LISTEN_BACKLOG 1024

/* Removes the socket's path and refuses new connections, in every process that shares the
 * socket. accept() still returns the connections of the backlog. */
void listen_stop(const struct unix_socket *s);
/* True after listen_stop() in any process that shares fd. */
bool listen_stopped(int fd);

#endif
