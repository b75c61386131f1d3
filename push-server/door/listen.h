/* The listening sockets of all workers, made by the master before it forks: a faulty
 * address or a busy port stops the start, and what waits at a dead worker's socket is
 * served by its successor. TCP: one SO_REUSEPORT socket per worker; unix: one for all. */
#ifndef PUSH_LISTEN_H
#define PUSH_LISTEN_H

#include <stdbool.h>

#include "core/err.h"

#define PUSH_LISTEN_MAX  8
#define PUSH_WORKERS_MAX 64

struct push_listen {
	unsigned n, workers;
	struct {
		bool is_unix;
		int fds[PUSH_WORKERS_MAX]; /* unix: the first only */
	} at[PUSH_LISTEN_MAX];
};

/* addresses: "127.0.0.1:8082,[::1]:8082,unix:/path". A unix socket gets mode 0660; a
 * stale one is replaced, a live one is an error. */
enum es_code push_listen_open(const char *addresses, unsigned workers, int backlog,
    struct push_listen *out, struct es_err *err) ES_MUST_CHECK;
void push_listen_close(struct push_listen *l);
/* In a worker: its socket of address i. */
int push_listen_fd(const struct push_listen *l, unsigned i, unsigned worker);

#endif
