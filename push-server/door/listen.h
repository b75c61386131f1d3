/* The listening sockets of all workers. The master opens them before it forks, so that a
 * faulty address or a busy port stops the start. The worker that replaces a dead one
 * inherits its sockets, and serves the clients in their backlogs. TCP: one SO_REUSEPORT
 * socket per worker; unix: one for all. */
#ifndef PUSH_LISTEN_H
#define PUSH_LISTEN_H

#include <stdbool.h>

#include "core/tcp_successor.h"
#include "core/unix_socket.h"

#define PUSH_LISTEN_MAX  8
#define PUSH_WORKERS_MAX 64

/* Properties of an accepted socket that depend on its listening socket. */
struct push_listen_kind {
	bool is_unix;
	bool proxy; /* each connection begins with a PROXY header (proxy_v2.h) */
};

struct push_listen {
	unsigned n, workers;
	struct {
		struct push_listen_kind kind;
		int fds[PUSH_WORKERS_MAX];        /* unix: only fds[0] */
		struct tcp_successor_known known; /* TCP: the sockets at this address */
	} at[PUSH_LISTEN_MAX];
};

/* addresses: "127.0.0.1:8082,[::1]:8082,unix:/path". PUSH_LISTEN_PROXY after an address
 * means that its connections begin with a PROXY header. A unix socket gets mode 0660. A
 * stale unix socket is replaced.
 *
 * UNIX_SOCKET_TAKE_OVER: another push-server may still listen at the addresses. New
 * clients of a unix path then reach only the new socket. The kernel divides new TCP
 * clients between both servers until the older one closes its sockets. Without a
 * take-over, a process that listens at an address is an error. */
enum es_code push_listen_open(const char *addresses, unsigned workers, int backlog,
    enum unix_socket_how how, struct push_listen *out, struct es_err *err) ES_MUST_CHECK;
/* Closes the sockets in this process. When the last process has closed a listening
 * socket, the kernel refuses new clients. */
void push_listen_close(struct push_listen *l);
/* In a worker: closes the TCP sockets of the other workers. If several processes held a
 * socket, the kernel would still give it clients after its worker has exited. */
void push_listen_keep(struct push_listen *l, unsigned worker);
/* In a worker: the worker's socket for address i. */
int push_listen_fd(const struct push_listen *l, unsigned i, unsigned worker);

#endif
