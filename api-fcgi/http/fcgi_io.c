#include "http/fcgi_io.h"

#include <errno.h>
#include <fcgiapp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "http/fcgi_deadline.h"
#include "http/fcgi_write.h"

#include "core/check.h"
#include "core/clock.h"
#include "core/parse.h"

#include "core/banned.h"

#define HEAD_MAX       (64UL * 1024)
#define PAUSE_MS       50 /* when no file descriptor is left for a waiting connection */
#define ROLE_RESPONDER 1  /* FCGI_RESPONDER of the FastCGI specification, section 8 */

struct fcgi_io {
	FCGX_Request fcgx;
	int listen_fd, epoll_fd;
	size_t max_body;
	int64_t stall_ms;
	bool read_to_end; /* libfcgi has read all bytes that the peer sent */
};

void
fcgi_io_init(void)
{
	CHECK(FCGX_Init() == 0);
	fcgi_deadline_init();
}

struct fcgi_io *
fcgi_io_new(int fd, size_t max_body, int64_t stall_ms)
{
	struct fcgi_io *io = mem_new(1, sizeof(*io));
	/* EPOLLEXCLUSIVE: one connection wakes one worker of the pool, not all of them.
	 */
	struct epoll_event wanted = {.events = EPOLLIN | EPOLLEXCLUSIVE};

	io->listen_fd = fd;
	io->max_body = max_body;
	io->stall_ms = stall_ms;
	io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	CHECK(io->epoll_fd >= 0);
	CHECK(epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &wanted) == 0);
	/* libfcgi gets no listening socket, because it would accept without our
	 * time-outs. */
	CHECK(FCGX_InitRequest(&io->fcgx, -1, FCGI_FAIL_ACCEPT_ON_INTR) == 0);
	return io;
}

void
fcgi_io_free(struct fcgi_io **io)
{
	if (*io == NULL)
		return;
	FCGX_Finish_r(&(*io)->fcgx);
	FCGX_Free(&(*io)->fcgx, 1);
	(void)close((*io)->epoll_fd);
	free(*io);
	*io = NULL;
}

/* Accepts one connection and starts its deadline. Returns its descriptor, or -1 when
 * there is none. */
static int
fcgi_io_accept_one(struct fcgi_io *io, int64_t wait_ms, const sigset_t *mask)
{
	struct epoll_event event;
	int fd;

	if (epoll_pwait(io->epoll_fd, &event, 1, (int)wait_ms, mask) != 1)
		return -1;
	fd = accept4(io->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	/* A connection in the backlog keeps the socket readable. Without the pause this
	 * worker would spin. During the pause another worker, which has a descriptor
	 * left, can accept the connection. */
	if (fd < 0 &&
	    (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM))
		clock_sleep_ms(PAUSE_MS);
	if (fd < 0)
		return -1;
	fcgi_deadline_arm(fd, io->stall_ms);
	return fd;
}

/* The value of a header may be copied into a response. A line end in it would start a
 * header of the client's choice. */
static bool
fcgi_io_has_control(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			return true;
	return false;
}

/* The value of a FastCGI parameter, copied into the arena a; NULL when absent or empty.
 * Sets *bad when the parameter appears twice or contains a control character. */
static const char *
fcgi_io_param(const struct fcgi_io *io, const char *name, struct arena *a, bool *bad)
{
	const size_t len = strlen(name);
	const char *found = NULL;

	if (io->fcgx.envp == NULL)
		return NULL;
	for (char **e = io->fcgx.envp; *e != NULL; e++) {
		if (strncmp(*e, name, len) != 0 || (*e)[len] != '=')
			continue;
		*bad |= found != NULL || fcgi_io_has_control(*e + len + 1);
		found = *e + len + 1;
	}
	return found == NULL || *found == '\0' ? NULL : arena_strdup(a, found);
}

static enum es_code
fcgi_io_read_body(
    struct fcgi_io *io, const char *length, struct http_req *req, struct es_err *err)
{
	int64_t want = 0;
	size_t got = 0;
	char *body;

	if (length != NULL && !parse_int(length, 0, INT64_MAX, &want))
		return es_fail_field(
		    err, ES_BAD_REQUEST, ":Content-Length", "must be a number of bytes");
	if ((uint64_t)want > io->max_body)
		return es_fail(err, ES_TOO_LARGE,
		    "the request body is larger than %zu bytes", io->max_body);
	body = arena_alloc(req->arena, (size_t)want + 1);
	while (got < (size_t)want) {
		int n = FCGX_GetStr(body + got, (int)((size_t)want - got), io->fcgx.in);

		if (n <= 0)
			return es_fail(err, ES_BAD_REQUEST,
			    "the request body is shorter than its Content-Length");
		got += (size_t)n;
	}
	req->body = body;
	req->body_len = got;
	return ES_OK;
}

/* Reads the record that ends the body, which the peer sends together with the last bytes
 * of the request. Returns false when the body is longer than the request announced. */
static bool
fcgi_io_read_end(struct fcgi_io *io)
{
	char more;

	return FCGX_GetStr(&more, 1, io->fcgx.in) == 0 && FCGX_GetError(io->fcgx.in) == 0;
}

static enum es_code
fcgi_io_read_request(struct fcgi_io *io, struct http_req *req, struct es_err *err)
{
	bool bad = false;
	const char *length = fcgi_io_param(io, "CONTENT_LENGTH", req->arena, &bad);

	req->method = fcgi_io_param(io, "REQUEST_METHOD", req->arena, &bad);
	req->target = fcgi_io_param(io, "REQUEST_URI", req->arena, &bad);
#define X(name, env) req->headers.name = fcgi_io_param(io, env, req->arena, &bad);
	HTTP_HEADERS(X)
#undef X
	if (io->fcgx.role != ROLE_RESPONDER)
		return es_fail(err, ES_BAD_REQUEST, "only the role RESPONDER is served");
	if (req->method == NULL || req->target == NULL)
		return es_fail(
		    err, ES_BAD_REQUEST, "the request has no method or no target");
	if (bad)
		return es_fail(err, ES_BAD_REQUEST,
		    "a header appears twice or contains a control character");
	TRY(fcgi_io_read_body(io, length, req, err));
	io->read_to_end = fcgi_io_read_end(io);
	return ES_OK;
}

enum fcgi_got
fcgi_io_next(struct fcgi_io *io, int64_t wait_ms, const sigset_t *mask, struct arena *a,
    struct http_req *req, struct es_err *err)
{
	enum fcgi_got got = FCGI_GOT_NOTHING;
	int fd;

	*req = (struct http_req){.arena = a};
	/* accept4() also returns connections that the peer has closed. Continue with the
	 * next one in the backlog. */
	while ((fd = fcgi_io_accept_one(io, wait_ms, mask)) >= 0) {
		/* FCGX_Accept_r() serves the connection in ipcFd when there is one and
		 * keepConnection is set; it accepts none itself. */
		io->fcgx.ipcFd = fd;
		io->fcgx.keepConnection = 1;
		io->read_to_end = false;
		wait_ms = 0;
		if (FCGX_Accept_r(&io->fcgx) == 0) {
			got = fcgi_io_read_request(io, req, err) == ES_OK
			          ? FCGI_GOT_REQUEST
			          : FCGI_GOT_REFUSED;
			break;
		}
		/* Disarm before the next accept, which may return the same descriptor.
		 * The alarm would then close the new connection. */
		fcgi_deadline_disarm();
	}
	fcgi_deadline_disarm();
	return got;
}

/* Frees what libfcgi holds of the request and closes the connection. Writes nothing:
 * fcgi_write_response() has ended the request. FCGX_Free() first waits up to 2 s for the
 * peer to close: to close a socket with unread bytes would reset the connection, and the
 * peer could lose the response. The wait blocks the worker, so this function skips it
 * when the request was read to its end. */
static void
fcgi_io_end(struct fcgi_io *io)
{
	const int fd = io->fcgx.ipcFd;

	FCGX_Free(&io->fcgx, !io->read_to_end);
	if (io->read_to_end)
		(void)close(fd);
	io->fcgx.ipcFd = -1;
	/* A connection that stays open would bind this worker to one lighttpd. */
	io->fcgx.keepConnection = 0;
}

bool
fcgi_io_answer(struct fcgi_io *io, const struct http_res *res, bool head_only)
{
	const bool has_body = res->type != NULL && !head_only;
	struct arena *a = res->body.arena;
	struct fcgi_part parts[2];
	struct text head;
	bool sent;

	text_init(&head, a, HEAD_MAX);
	text_addf(&head, "Status: %d\r\n", res->status);
	for (size_t i = 0; i < res->n_headers; i++)
		text_addf(
		    &head, "%s: %s\r\n", res->headers[i].name, res->headers[i].value);
	if (res->type != NULL)
		text_addf(&head, "Content-Type: %s\r\nContent-Length: %zu\r\n", res->type,
		    res->body.len);
	text_addf(&head, "\r\n");
	CHECK(!head.overflow);
	parts[0] = (struct fcgi_part){head.data, head.len};
	parts[1] = (struct fcgi_part){res->body.data, has_body ? res->body.len : 0};
	sent = fcgi_write_response(
	    io->fcgx.ipcFd, io->fcgx.requestId, parts, ES_COUNT(parts), io->stall_ms, a);
	fcgi_io_end(io);
	return sent;
}
