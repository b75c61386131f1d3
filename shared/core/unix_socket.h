/* A listening unix socket and the path that leads to it. The path may pass on to another
 * process while this one still serves the clients in its backlog. */
#ifndef CORE_UNIX_SOCKET_H
#define CORE_UNIX_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "core/err.h"

#define UNIX_SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

struct unix_socket {
	int fd;
	dev_t dev; /* with ino: the file at path when the socket was made */
	ino_t ino;
	char path[UNIX_SOCKET_PATH_MAX + 1];
};

/* Listens at path: mode 0660, non-blocking, close-on-exec. Replaces the stale file of a
 * process that has ended. ES_CONFLICT: another process listens at path, or the file there
 * is no socket. ES_INVALID: the path does not have 1 to UNIX_SOCKET_PATH_MAX bytes. */
enum es_code unix_socket_listen(const char *path, int backlog, struct unix_socket *out,
    struct es_err *err) ES_MUST_CHECK;

/* Removes the path if it still leads to this socket. Call it before the last process
 * closes the socket: afterwards the file system may give its inode to another file. */
void unix_socket_remove(const struct unix_socket *s);

#endif
