#include "ops/ops_http.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"

#include "core/banned.h"

#define HEAD_MAX 1024
/* maximum bytes of one write; lws would copy the rest of a larger one */
#define CHUNK_MAX 4096
/* maximum wait in ms for a client whose socket is full; then lws copies the rest */
#define WAIT_MS 500
/* pause in ms before the next accept when no file descriptor is left */
#define PAUSE_MS 50

static const struct ops_route *
ops_http_find_route(const struct ops_server *server, const char *path)
{
	for (unsigned i = 0; i < server->n; i++)
		if (strcmp(server->routes[i].path, path) == 0)
			return &server->routes[i];
	return NULL;
}

/* A load balancer may request /healthz from any network. The other paths show internals
 * of the program. */
static bool
ops_http_may_request(const struct ops_server *server, struct lws *wsi, const char *path)
{
	struct sockaddr_storage peer = {0};
	const struct sockaddr_in *v4 = (const void *)&peer;
	const struct sockaddr_in6 *v6 = (const void *)&peer;
	struct net_address address;
	socklen_t len = sizeof(peer);

	if (server->from == NULL || strcmp(path, "/healthz") == 0)
		return true;
	if (getpeername(lws_get_socket_fd(wsi), (struct sockaddr *)&peer, &len) != 0)
		return false;
	if (peer.ss_family == AF_INET)
		address = net_address_v4((const void *)&v4->sin_addr);
	else if (peer.ss_family == AF_INET6)
		memcpy(address.bytes, &v6->sin6_addr, sizeof(address.bytes));
	else
		return false;
	return cidr_list_has(server->from, &address);
}

static void
ops_http_not_found(struct ops_answer *a)
{
	a->status = 404;
	a->type = "application/problem+json";
	text_addf(a->body, "{\"status\":404,\"code\":\"not_found\"}\n");
}

/* Returns -1 when the connection must be closed. */
static int
ops_http_write_head(struct lws *wsi, const struct ops_answer *a)
{
	unsigned char buf[LWS_PRE + HEAD_MAX], *start = buf + LWS_PRE, *p = start;
	unsigned char *end = buf + sizeof(buf) - 1;
	static const unsigned char no_store[] = "no-store", allow[] = "GET, HEAD";

	if (lws_add_http_common_headers(
		wsi, (unsigned)a->status, a->type, a->body->len, &p, end) != 0 ||
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:",
		no_store, sizeof(no_store) - 1, &p, end) != 0)
		return -1;
	if (a->status == 405 &&
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"allow:", allow,
		sizeof(allow) - 1, &p, end) != 0)
		return -1;
	return lws_finalize_write_http_header(wsi, start, &p, end) != 0 ? -1 : 0;
}

/* Waits until the socket takes more bytes, but at most WAIT_MS, because other clients
 * wait meanwhile.
 */
static void
ops_http_await_room(struct lws *wsi, int64_t until_ms)
{
	struct pollfd out = {.fd = lws_get_socket_fd(wsi), .events = POLLOUT};
	const int64_t left = until_ms - clock_mono_ms();

	if (left > 0 && !lws_partial_buffered(wsi))
		(void)poll(&out, 1, (int)left);
}

/* Writes the whole answer before the callback returns. lws 4.3 closes the connection
 * when a second request arrives while an answer is under way. */
static int
ops_http_write_body(struct lws *wsi, const struct text *body)
{
	unsigned char buf[LWS_PRE + CHUNK_MAX];
	const int64_t until_ms = clock_mono_ms() + WAIT_MS;
	size_t n;

	for (size_t sent = 0; sent < body->len; sent += n) {
		n = body->len - sent < CHUNK_MAX ? body->len - sent : CHUNK_MAX;
		ops_http_await_room(wsi, until_ms);
		memcpy(buf + LWS_PRE, body->data + sent, n);
		if (lws_write(wsi, buf + LWS_PRE, n,
			sent + n == body->len ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) <
		    (int)n)
			return -1;
	}
	return 0;
}

/* Returns -1 when the connection ends. */
static int
ops_http_reply(struct lws *wsi, const char *path, struct ops_answer *a)
{
	const struct ops_server *server = lws_context_user(lws_get_context(wsi));
	const struct ops_route *route = ops_http_find_route(server, path);
	char *uri;
	int uri_len, method = lws_http_get_uri_and_method(wsi, &uri, &uri_len);

	if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD)
		a->status = 405; /* ops reads no body, so it closes the connection */
	else if (route == NULL || !ops_http_may_request(server, wsi, path))
		ops_http_not_found(a);
	else
		route->handler(server->ctx, a);
	if (a->body->overflow)
		a->status = 500;
	if (ops_http_write_head(wsi, a) != 0 || a->status == 405) /* a body may follow */
		return -1;
	if (method == LWSHUMETH_GET && ops_http_write_body(wsi, a->body) != 0)
		return -1;
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

static int
ops_http_on_request(struct lws *wsi, const char *path)
{
	struct text body;
	struct arena *arena = arena_new();
	struct ops_answer a = {.status = 200, .type = "application/json", .body = &body};
	int rc;

	text_init(&body, arena, OPS_BODY_MAX);
	rc = ops_http_reply(wsi, path, &a);
	arena_free(&arena);
	return rc;
}

int
ops_http_callback(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch ((int)reason) { /* lws has a hundred more callback reasons */
	case LWS_CALLBACK_HTTP:
		return ops_http_on_request(wsi, in);
	case LWS_CALLBACK_HTTP_WRITEABLE: /* lws has sent the rest of an answer */
		return 0;
	case LWS_CALLBACK_FILTER_PROTOCOL_CONNECTION:
		return -1;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

int
ops_http_accept(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	int fd;

	(void)user, (void)in, (void)len;
	if (reason != LWS_CALLBACK_RAW_RX_FILE)
		return 0;
	fd = accept4(lws_get_socket_fd(wsi), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0)
		(void)lws_adopt_socket_vhost(
		    lws_get_vhost(wsi), fd); /* closes the socket on failure */
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		 errno == ENOMEM)
		clock_sleep_ms(
		    PAUSE_MS); /* a waiting client keeps the listening socket readable */
	return 0;
}
