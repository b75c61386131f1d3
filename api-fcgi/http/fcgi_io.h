/* The only door to libfcgi: requests in, responses out, one at a time. Trusts nothing: a
 * request may come without parameters, with a length that lies, in a role that is not
 * ours. */
#ifndef API_FCGI_IO_H
#define API_FCGI_IO_H

#include <signal.h>
#include <stdint.h>

#include "http/http.h"

struct fcgi_io;

/* Once a process, after the fork. */
void fcgi_io_init(void);
/* fd: a listening, non-blocking socket. A peer has stall_ms to send its whole request,
 * and as long to take the whole answer; then it is dropped. */
struct fcgi_io *fcgi_io_new(int fd, size_t max_body, int64_t stall_ms);
void fcgi_io_free(struct fcgi_io **io);

enum fcgi_got {
	FCGI_GOT_NOTHING, /* wait_ms is over, a signal came, or the peer was dropped */
	FCGI_GOT_REQUEST, /* answer it */
	FCGI_GOT_REFUSED, /* answer it with err: what came can't be served */
};

/* Wait for the next request under the signal mask (NULL: the current one) and fill
 * method, target, headers and body of req, in a. */
enum fcgi_got fcgi_io_next(struct fcgi_io *io, int64_t wait_ms, const sigset_t *mask,
    struct arena *a, struct http_req *req, struct es_err *err);

/* Send and finish. body is left out when head_only. False when the peer is gone. */
bool fcgi_io_answer(struct fcgi_io *io, const struct http_res *res, bool head_only);

#endif
