/* How a pool's listening socket ends. The master makes the sockets before any fork; the
 * workers of a pool share one (core/unix_socket.h). */
#ifndef API_LISTEN_H
#define API_LISTEN_H

#include <stdbool.h>

#include "core/unix_socket.h"

#define LISTEN_BACKLOG 1024

/* Removes the socket's path and refuses new connections, in all processes that share the
 * socket. accept still returns the connections that were made before. */
void listen_stop(const struct unix_socket *s);
bool listen_stopped(int fd);

#endif
