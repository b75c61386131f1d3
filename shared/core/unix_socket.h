/* A listening unix socket and the path that leads to it. Another process may take over
 * the path while this one still serves the clients in its backlog. */
#ifndef CORE_UNIX_SOCKET_H
#define CORE_UNIX_SOCKET_H

#include <sys/types.h>
#include <sys/un.h>

#include "core/err.h"

#define UNIX_SOCKET_PATH_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)

struct unix_socket {
	int fd;
	dev_t dev; /* dev and ino identify the file of this socket */
	ino_t ino;
	char path[UNIX_SOCKET_PATH_MAX + 1]; /* "": a socket without a path */
};

enum unix_socket_how {
	UNIX_SOCKET_EXCLUSIVE, /* another process that listens there is an error */
	UNIX_SOCKET_TAKE_OVER, /* the path leads to the new socket from now on */
};

/* Listens at path: mode 0660, non-blocking, close-on-exec. Replaces the stale file of a
 * process that has ended. A take-over makes the socket at PATH.PID and renames it to
 * path, so that at each moment one of the two processes listens there; the other process
 * serves the clients that it has in its backlog. Returns ES_CONFLICT when another process
 * listens at path or the file there is not a socket, and ES_INVALID when the path (with
 * .PID in a take-over) does not have 1 to UNIX_SOCKET_PATH_MAX bytes. */
enum es_code unix_socket_listen(const char *path, int backlog, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err) ES_MUST_CHECK;

/* Removes the path if it still leads to this socket. Call it before the last process
 * closes the socket: afterwards the file system may give its inode to another file. */
void unix_socket_remove(const struct unix_socket *s);

#endif
