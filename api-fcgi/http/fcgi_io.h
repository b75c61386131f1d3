/* Reads FastCGI requests and writes the responses, one at a time. The only file that
 * calls libfcgi. A request may have no parameters, a wrong length, or a role other than
 * RESPONDER; none of it harms the worker. */
#ifndef API_FCGI_IO_H
#define API_FCGI_IO_H

#include <signal.h>
#include <stdint.h>

#include "http/http.h"

struct fcgi_io;

/* Initializes libfcgi. Once per process, after the fork. */
void fcgi_io_init(void);
/* fd: a listening, non-blocking socket, which stays the caller's. max_body: bytes. A peer
 * has stall_ms to send a whole request and stall_ms to read the whole response; after
 * that its connection is closed. Released by fcgi_io_free(). */
struct fcgi_io *fcgi_io_new(int fd, size_t max_body, int64_t stall_ms);
void fcgi_io_free(struct fcgi_io **io);

enum fcgi_got {
	FCGI_GOT_NOTHING, /* time-out, a signal, or a peer that was too slow */
	FCGI_GOT_REQUEST, /* a complete request: answer it */
	FCGI_GOT_REFUSED, /* an invalid request: answer it with err */
};

/* Waits at most wait_ms for a request, with the signal mask *mask (NULL: the current
 * one). Fills method, target, headers and body of *req; they are allocated in the arena
 * a. */
enum fcgi_got fcgi_io_next(struct fcgi_io *io, int64_t wait_ms, const sigset_t *mask,
    struct arena *a, struct http_req *req, struct es_err *err);

/* Sends the response and ends the request. head_only leaves the body out. Returns false
 * when the peer has closed the connection or was too slow. */
bool fcgi_io_answer(struct fcgi_io *io, const struct http_res *res, bool head_only);

#endif
