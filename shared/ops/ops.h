/* A small HTTP listener for /healthz, /readyz, /metrics and /version of one program, run
 * as a child of its master. libwebsockets on its default loop; GET and HEAD only. */
#ifndef OPS_OPS_H
#define OPS_OPS_H

#include <stdbool.h>

#include "core/metrics.h"
#include "core/unix_socket.h"

struct ops_answer {
	int status;
	const char *type; /* content type */
	struct text *body;
};

/* Fills out->body. Runs in the listener's process and may take up to 1 s. */
typedef void ops_handler(void *ctx, struct ops_answer *out);

struct ops_route {
	const char *path; /* "/healthz" */
	ops_handler *handler;
};

#define OPS_WATCH_MS 1000

/* Call it in the master, before any fork. listen: "unix:/path" (mode 0660, replaced if
 * stale) or "host:port". The socket stays open while the child of ops_run() is
 * restarted. */
enum es_code ops_open(const char *listen, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err) ES_MUST_CHECK;
/* Call it in the master's other children. */
void ops_close(struct unix_socket *s);
/* Call it in the master after the last child, which may have been killed. Closes the
 * socket and removes its path. */
void ops_end(struct unix_socket *s);

/* Serves clients of s until SIGTERM and keeps the path. Returns the exit status of the
 * process. from: the networks (cidr_list.h) whose clients may request more than /healthz
 * over TCP; other clients get 404. NULL: all networks. The mode of a unix socket, and
 * the proxy in front of it, guard that socket. Calls watch (may be NULL) at the start
 * and every OPS_WATCH_MS, between requests. */
int ops_run(const struct unix_socket *s, const char *from,
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx);

/* True after SIGUSR1: the program drains. The program is not ready then, and missing
 * workers are no fault. */
bool ops_draining(void);

/* Checks a setting: returns ES_INVALID for an address that ops_open() can't use. */
enum es_code ops_listen_check(
    const char *listen, struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* Checks a setting: returns ES_INVALID for a malformed list of networks. */
enum es_code ops_from_check(
    const char *from, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* One check of /readyz. */
struct ops_check {
	const char *name;
	bool ok;
	int64_t ms;
	const char *detail; /* the reason, or NULL when the check is good */
};
/* Writes {"status":"ok|unavailable","checks":{"postgres":{"ok":true,"ms":1}}} and sets
 * the status 200 or 503. */
void ops_readyz_body(
    const struct ops_check checks[], unsigned n, bool draining, struct ops_answer *out);

#endif
