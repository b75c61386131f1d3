/* The listening sockets of all workers, made by the master before it forks: a faulty
 * address or a busy port stops the start, and a successor serves what waits at a dead
 * worker's socket. TCP: one SO_REUSEPORT socket per worker; unix: one for all. */
#ifndef PUSH_LISTEN_H
#define PUSH_LISTEN_H

#include <stdbool.h>

#include "core/err.h"

#define PUSH_LISTEN_MAX  8
#define PUSH_WORKERS_MAX 64

/* What a socket brings depends on where it was accepted. */
struct push_listen_kind {
	bool is_unix;
	bool proxy; /* each connection begins with a PROXY header (proxy_v2.h) */
};

struct push_listen {
	unsigned n, workers;
	struct {
		struct push_listen_kind kind;
		int fds[PUSH_WORKERS_MAX]; /* unix: the first only */
	} at[PUSH_LISTEN_MAX];
};

/* addresses: "127.0.0.1:8082,[::1]:8082,unix:/path", each with PUSH_LISTEN_PROXY behind
 * it where PROXY headers are expected. A unix socket gets mode 0660; a stale one is
 * replaced, a live one is an error. */
enum es_code push_listen_open(const char *addresses, unsigned workers, int backlog,
    struct push_listen *out, struct es_err *err) ES_MUST_CHECK;
/* Closes the sockets in this process. The kernel ends a listening socket, and refuses
 * clients, when the last process has closed it. */
void push_listen_close(struct push_listen *l);
/* In a worker: closes the sockets of the other workers. Held by several processes, a
 * socket would outlive the worker that accepts from it. */
void push_listen_keep(struct push_listen *l, unsigned worker);
/* In a worker: its socket of address i. */
int push_listen_fd(const struct push_listen *l, unsigned i, unsigned worker);

#endif
