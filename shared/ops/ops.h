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

/* Fill body; called on the listener's thread, may take up to 1 s. */
typedef void ops_handler(void *ctx, struct ops_answer *out);

struct ops_route {
	const char *path; /* "/healthz" */
	ops_handler *handler;
};

#define OPS_WATCH_MS 1000

/* In the master, before any fork. listen: "unix:/path" (mode 0660, replaced if stale) or
 * "host:port". The child of ops_run() may die and be started again; the socket stays. */
enum es_code ops_open(const char *listen, enum unix_socket_how how,
    struct unix_socket *out, struct es_err *err) ES_MUST_CHECK;
/* In the master's other children. */
void ops_close(struct unix_socket *s);
/* In the master after the last child, which may have been killed: also removes the path.
 */
void ops_end(struct unix_socket *s);

/* Serves clients of s until SIGTERM; the path stays. Returns the exit status
 * of the process. from: the networks (cidr_list.h) that may ask more than /healthz over
 * TCP, to others those paths do not exist; NULL: all. A unix socket is guarded by its
 * mode and by the proxy in front. Between requests it calls watch (may be NULL) at once
 * and every OPS_WATCH_MS. */
int ops_run(const struct unix_socket *s, const char *from,
    const struct ops_route routes[], unsigned n, void (*watch)(void *ctx), void *ctx);

/* Has this process been told (SIGUSR1) that its program is stopping? Then it is not
 * ready, and workers that are gone are no news. */
bool ops_draining(void);

/* As a check of a setting: can ops_run take this address? */
enum es_code ops_listen_check(
    const char *listen, struct arena *a, struct es_err *err) ES_MUST_CHECK;
/* The same for the networks. */
enum es_code ops_from_check(
    const char *from, struct arena *a, struct es_err *err) ES_MUST_CHECK;

/* One check of /readyz. */
struct ops_check {
	const char *name;
	bool ok;
	int64_t ms;
	const char *detail; /* why not, or NULL */
};
/* {"status":"ok|unavailable","checks":{"postgres":{"ok":true,"ms":1}}}; sets 200 or 503.
 */
void ops_readyz_body(
    const struct ops_check checks[], unsigned n, bool draining, struct ops_answer *out);

#endif
