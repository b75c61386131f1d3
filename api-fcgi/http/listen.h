/* The sockets of the pools: made by the master before any fork, shared by the pool's
 * workers. */
#ifndef API_LISTEN_H
#define API_LISTEN_H

#include <stdbool.h>

#include "core/err.h"

/* A listening, non-blocking, close-on-exec unix socket with mode 0660. A stale file of a
 * dead server is replaced; one that is still answered is ES_CONFLICT. */
enum es_code listen_unix(const char *path, int *out, struct es_err *err) ES_MUST_CHECK;

/* Remove the path and refuse new connections, in all processes that share fd. accept
 * still returns the connections that were made before. From now on the path may be a
 * successor's: do not touch it again. */
void listen_stop(const char *path, int fd);
bool listen_stopped(int fd);

#endif
