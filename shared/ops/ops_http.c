#include "ops/ops_http.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "core/clock.h"

#include "core/banned.h"

#define HEAD_MAX  1024
#define CHUNK_MAX 16384 /* of one write; lws would copy what it can't send */
#define PAUSE_MS  50    /* when there is no descriptor for who waits at the door */

static const struct ops_route *
find_route(const struct ops_server *server, const char *path)
{
	for (unsigned i = 0; i < server->n; i++)
		if (strcmp(server->routes[i].path, path) == 0)
			return &server->routes[i];
	return NULL;
}

static void
not_found(struct ops_answer *a)
{
	a->status = 404;
	a->type = "application/problem+json";
	text_addf(a->body, "{\"status\":404,\"code\":\"not_found\"}\n");
}

/* -1: the connection is of no more use. */
static int
write_head(struct lws *wsi, const struct ops_answer *a)
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

static void
end_reply(struct ops_reply *r)
{
	arena_free(&r->arena);
	r->sent = 0;
}

/* What was asked; ops_reply holds the body until it is written. */
static int
on_request(struct lws *wsi, struct ops_reply *r, const char *path)
{
	const struct ops_server *server = lws_context_user(lws_get_context(wsi));
	const struct ops_route *route = find_route(server, path);
	struct ops_answer a = {
	    .status = 200, .type = "application/json", .body = &r->body};
	char *uri;
	int uri_len, method = lws_http_get_uri_and_method(wsi, &uri, &uri_len);

	end_reply(r);
	r->arena = arena_new();
	text_init(&r->body, r->arena, OPS_BODY_MAX);
	if (method != LWSHUMETH_GET && method != LWSHUMETH_HEAD)
		a.status = 405; /* without a body: the connection ends here */
	else if (route == NULL)
		not_found(&a);
	else
		route->handler(server->ctx, &a);
	if (r->body.overflow)
		a.status = 500;
	if (write_head(wsi, &a) != 0 || a.status == 405) /* theirs may follow */
		return -1;
	if (method == LWSHUMETH_HEAD || r->body.len == 0) {
		end_reply(r);
		return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
	}
	(void)lws_callback_on_writable(wsi);
	return 0;
}

static int
on_writable(struct lws *wsi, struct ops_reply *r)
{
	unsigned char buf[LWS_PRE + CHUNK_MAX];
	size_t n = r->arena != NULL ? r->body.len - r->sent : 0;
	bool last;

	if (r->arena == NULL)
		return 0;
	if (n > CHUNK_MAX)
		n = CHUNK_MAX;
	last = r->sent + n == r->body.len;
	memcpy(buf + LWS_PRE, r->body.data + r->sent, n);
	if (lws_write(wsi, buf + LWS_PRE, n,
		last ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < (int)n)
		return -1;
	r->sent += n;
	if (!last) {
		(void)lws_callback_on_writable(wsi);
		return 0;
	}
	end_reply(r);
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

int
ops_http_callback(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	switch ((int)reason) { /* lws has a hundred more */
	case LWS_CALLBACK_HTTP:
		return on_request(wsi, user, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		return on_writable(wsi, user);
	case LWS_CALLBACK_CLOSED_HTTP:
	case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
		if (user != NULL)
			end_reply(user);
		return 0;
	case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: /* there is nothing to upgrade to */
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
		    lws_get_vhost(wsi), fd); /* closes it on failure */
	else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
		 errno == ENOMEM)
		clock_sleep_ms(PAUSE_MS); /* who waits keeps the socket readable */
	return 0;
}
