#include "ops/ops.h"

#include <libwebsockets.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/parse.h"

#include "core/banned.h"

#define HEAD_MAX  1024
#define BODY_MAX  (1024UL * 1024)
#define PATH_MAX_ (sizeof(((struct sockaddr_un *)0)->sun_path))

struct ops {
	const struct ops_route *routes;
	unsigned n;
	void *ctx;
};

/* What libwebsockets keeps for a request. */
struct request {
	struct arena *arena;
	struct text body;
};

static struct lws_context *context;
static volatile sig_atomic_t stopping;

static void
on_term(int sig)
{
	(void)sig;
	stopping = 1;
	lws_cancel_service(context);
}

static void
find(const struct ops *o, const char *path, bool readable, struct ops_answer *out)
{
	if (!readable) {
		out->status = 405;
		text_addf(
		    out->body, "{\"code\":\"method_not_allowed\",\"status\":405}\n");
		return;
	}
	for (unsigned i = 0; i < o->n; i++)
		if (strcmp(o->routes[i].path, path) == 0) {
			o->routes[i].handler(o->ctx, out);
			return;
		}
	out->status = 404;
	text_addf(out->body, "{\"code\":\"not_found\",\"status\":404}\n");
}

static int
answer(struct lws *wsi, const struct ops *o, struct request *r, const char *path)
{
	unsigned char head[LWS_PRE + HEAD_MAX], *at = head + LWS_PRE,
						*end = head + sizeof(head);
	const bool only_head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
	struct ops_answer out = {
	    .status = 200, .type = "application/json", .body = &r->body};

	arena_free(&r->arena); /* of the request before on this connection */
	r->arena = arena_new();
	text_init(&r->body, r->arena, BODY_MAX);
	/* lws_write wants room before what it is given. */
	text_addf(&r->body, "%*s", LWS_PRE, "");
	find(
	    o, path, only_head || lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0, &out);
	if (lws_add_http_common_headers(wsi, (unsigned)out.status, out.type,
		r->body.len - LWS_PRE, &at, end) != 0 ||
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"cache-control:",
		(const unsigned char *)"no-store", 8, &at, end) != 0 ||
	    (out.status == 405 &&
		lws_add_http_header_by_name(wsi, (const unsigned char *)"allow:",
		    (const unsigned char *)"GET, HEAD", 9, &at, end) != 0) ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) != 0)
		return -1;
	if (only_head)
		return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
	lws_callback_on_writable(wsi);
	return 0;
}

static int
write_body(struct lws *wsi, struct request *r)
{
	if (r->arena == NULL)
		return -1;
	if (lws_write(wsi, (unsigned char *)r->body.data + LWS_PRE, r->body.len - LWS_PRE,
		LWS_WRITE_HTTP_FINAL) < 0)
		return -1;
	return lws_http_transaction_completed(wsi) != 0 ? -1 : 0;
}

static int
on_http(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct request *r = user;

	/* One function for dozens of reasons: what is not named here is the default's. */
	if (reason == LWS_CALLBACK_HTTP)
		return answer(wsi, lws_context_user(lws_get_context(wsi)), r, in);
	if (reason == LWS_CALLBACK_HTTP_WRITEABLE)
		return write_body(wsi, r);
	if (reason == LWS_CALLBACK_HTTP_DROP_PROTOCOL && r != NULL)
		arena_free(&r->arena);
	return lws_callback_http_dummy(wsi, reason, user, in, len);
}

/* "unix:/path" or "host:port" into what libwebsockets takes; host needs room for listen.
 */
static bool
read_address(const char *listen, char *host, struct lws_context_creation_info *info)
{
	const char *colon = strrchr(listen, ':');
	int64_t port;

	info->iface = host;
	if (strncmp(listen, "unix:", 5) == 0 && strlen(listen + 5) < PATH_MAX_) {
		info->options |= LWS_SERVER_OPTION_UNIX_SOCK;
		memcpy(host, listen + 5, strlen(listen + 5) + 1);
		return *host != '\0';
	}
	if (colon == NULL || colon == listen || !parse_int(colon + 1, 1, 65535, &port))
		return false;
	memcpy(host, listen, (size_t)(colon - listen));
	host[colon - listen] = '\0';
	info->port = (int)port;
	return true;
}

int
ops_run(const char *listen, const struct ops_route routes[], unsigned n, void *ctx)
{
	static const struct lws_protocols protocols[] = {
	    {.name = "http",
		.callback = on_http,
		.per_session_data_size = sizeof(struct request)},
	    {0},
	};
	const struct sigaction term = {.sa_handler = on_term};
	struct ops ops = {.routes = routes, .n = n, .ctx = ctx};
	struct lws_context_creation_info info = {.protocols = protocols,
	    .user = &ops,
	    .server_string = "echostream",
	    .options = LWS_SERVER_OPTION_DISABLE_IPV6,
	    .timeout_secs = 5,
	    .keepalive_timeout = 5};
	char host[256];
	mode_t mask;

	if (strlen(listen) >= sizeof(host) || !read_address(listen, host, &info)) {
		(void)fprintf(
		    stderr, "ops: %s is neither unix:/path nor host:port\n", listen);
		return 78;
	}
	lws_set_log_level(0, NULL);
	mask = umask(0117); /* the socket's mode becomes 0660 */
	context = lws_create_context(&info);
	(void)umask(mask);
	if (context == NULL) {
		(void)fprintf(stderr, "ops: can't listen on %s\n", listen);
		return 1;
	}
	(void)sigaction(SIGTERM, &term, NULL);
	(void)signal(SIGINT, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	while (!stopping && lws_service(context, 0) >= 0)
		;
	lws_context_destroy(context);
	if (strncmp(listen, "unix:", 5) == 0)
		(void)unlink(listen + 5);
	return 0;
}
