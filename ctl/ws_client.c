#include "ws_client.h"

#include <libwebsockets.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/clock.h"
#include "core/list.h"

#include "core/banned.h"

#define LOST 1006 /* RFC 6455, 7.4.1: no close frame came */

enum ws_client_state { CONNECTING, OPEN, CLOSED };

struct ws_text {
	struct list link;
	size_t len;
	char data[]; /* LWS_PRE bytes of headroom, the text, NUL */
};

struct ws_loop {
	struct lws_context *context;
	lws_sorted_usec_list_t deadline;
	bool late;
	bool ending; /* closes its clients, and calls no handler */
};

struct ws_client {
	struct ws_loop *loop;
	bool owns_loop;
	struct lws *wsi;
	const struct ws_handler *handler; /* NULL: ws_client_wait() gives the messages */
	void *ctx;
	const char *bearer;
	enum ws_client_state state;
	bool opened; /* the server accepted the handshake */
	int status;  /* of an upgrade that was refused */
	int code;    /* of the close */
	char reason[128];
	struct list in, out;     /* ws_text: whole messages */
	struct ws_text *partial; /* message that has not ended, or NULL */
	struct ws_text *given;   /* the text that the caller reads until its next call */
};

static struct ws_text *
ws_client_text(size_t len)
{
	struct ws_text *t = mem_new(1, sizeof(*t) + LWS_PRE + len + 1);

	list_init(&t->link);
	t->len = len;
	return t;
}

static void
ws_client_drop(struct list *texts)
{
	struct list *link;

	while ((link = list_pop(texts)) != NULL)
		free(ES_CONTAINER(link, struct ws_text, link));
}

static void
ws_client_late(lws_sorted_usec_list_t *sul)
{
	struct ws_loop *loop = lws_container_of(sul, struct ws_loop, deadline);

	loop->late = true;
	/* lws_service() also runs timers before it waits for sockets. Make it wait no
	 * longer, else it would wait until the next event. */
	lws_cancel_service(loop->context);
}

static void
ws_client_set_deadline(struct ws_loop *loop, int64_t wait_us)
{
	loop->late = false;
	lws_sul_schedule(
	    loop->context, 0, &loop->deadline, ws_client_late, (lws_usec_t)wait_us);
}

static int
ws_client_receive(struct ws_client *ws, const char *data, size_t len)
{
	const size_t before = ws->partial != NULL ? ws->partial->len : 0;
	struct ws_text *all;

	if (before + len > WS_MESSAGE_MAX)
		return -1;
	all = ws_client_text(before + len);
	if (ws->partial != NULL)
		memcpy(all->data + LWS_PRE, ws->partial->data + LWS_PRE, before);
	if (len > 0)
		memcpy(all->data + LWS_PRE + before, data, len);
	free(ws->partial);
	ws->partial = all;
	if (lws_is_final_fragment(ws->wsi) != 0 &&
	    lws_remaining_packet_payload(ws->wsi) == 0) {
		ws->partial = NULL;
		if (ws->handler == NULL) {
			list_add_tail(&ws->in, &all->link);
		} else {
			ws->handler->text(ws->ctx, all->data + LWS_PRE, all->len);
			free(all);
		}
	}
	return 0;
}

static int
ws_client_write(struct ws_client *ws)
{
	struct ws_text *t;
	int sent;

	if (list_empty(&ws->out))
		return 0;
	t = ES_CONTAINER(list_pop(&ws->out), struct ws_text, link);
	sent = lws_write(
	    ws->wsi, (unsigned char *)t->data + LWS_PRE, t->len, LWS_WRITE_TEXT);
	free(t);
	if (!list_empty(&ws->out))
		(void)lws_callback_on_writable(ws->wsi);
	return sent < 0 ? -1 : 0;
}

static int
ws_client_authorize(const struct ws_client *ws, unsigned char **p, unsigned char *end)
{
	char value[4096 + sizeof("Bearer ")];
	const int len = snprintf(value, sizeof(value), "Bearer %s", ws->bearer);

	if (len < 0 || (size_t)len >= sizeof(value))
		return -1;
	return lws_add_http_header_by_token(
	    ws->wsi, WSI_TOKEN_HTTP_AUTHORIZATION, (unsigned char *)value, len, p, end);
}

static void
ws_client_closing(struct ws_client *ws, const unsigned char *in, size_t len)
{
	if (len < 2)
		return;
	ws->code = in[0] << 8 | in[1];
	(void)snprintf(
	    ws->reason, sizeof(ws->reason), "%.*s", (int)(len - 2), (const char *)in + 2);
}

static void
ws_client_write_reason(const struct ws_client *ws, char why[WS_WHY])
{
	if (ws->status >= 100)
		(void)snprintf(why, WS_WHY,
		    "the server refused the WebSocket handshake: HTTP status %d",
		    ws->status);
	else if (strncmp(ws->reason, "connect SSL", 11) == 0 ||
		 strstr(ws->reason, "cert") != NULL)
		(void)snprintf(why, WS_WHY,
		    "no TLS with the server, or its certificate is not trusted here");
	else if (ws->opened)
		(void)snprintf(why, WS_WHY,
		    "closed by the server or the network, code %d%s%.90s", ws->code,
		    *ws->reason != '\0' ? ": " : "", ws->reason);
	else if (ws->state == CONNECTING)
		(void)snprintf(why, WS_WHY, "the server did not answer in time");
	else
		(void)snprintf(why, WS_WHY, "not reached%s%.120s",
		    *ws->reason != '\0' ? ": " : "", ws->reason);
}

/* The connection ended, or was never made. */
static void
ws_client_end(struct ws_client *ws)
{
	char why[WS_WHY];

	if (ws->state == CLOSED)
		return;
	ws->state = CLOSED;
	if (ws->handler == NULL || ws->loop->ending)
		return;
	ws_client_write_reason(ws, why);
	ws->handler->closed(ws->ctx, why);
}

static int
ws_client_callback(
    struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct ws_client *ws = user; /* for reasons that are not below: an SSL_CTX, too */

	switch ((int)reason) {
	case LWS_CALLBACK_CLIENT_APPEND_HANDSHAKE_HEADER:
		return ws_client_authorize(ws, in, *(unsigned char **)in + len);
	case LWS_CALLBACK_CLIENT_CONNECTION_ERROR:
		ws->status = (int)lws_http_client_http_response(wsi);
		(void)snprintf(ws->reason, sizeof(ws->reason), "%.*s", (int)len,
		    in != NULL ? (const char *)in : "");
		ws_client_end(ws);
		return 0;
	case LWS_CALLBACK_CLIENT_ESTABLISHED:
		ws->state = OPEN;
		ws->opened = true;
		if (ws->handler != NULL)
			ws->handler->opened(ws->ctx);
		return 0;
	case LWS_CALLBACK_CLIENT_RECEIVE:
		return ws_client_receive(ws, in, len);
	case LWS_CALLBACK_CLIENT_WRITEABLE:
		return ws_client_write(ws);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		ws_client_closing(ws, in, len);
		return 0;
	case LWS_CALLBACK_CLIENT_CLOSED:
		ws_client_end(ws);
		return 0;
	default:
		return 0;
	}
}

struct ws_loop *
ws_loop_new(const char *url, unsigned descriptors)
{
	static const struct lws_protocols protocols[] = {
	    {"echostream", ws_client_callback, 0, 4096, 0, NULL, 0},
	    {NULL, NULL, 0, 0, 0, NULL, 0},
	};
	struct ws_loop *loop = mem_new(1, sizeof(*loop));
	const struct lws_context_creation_info info = {
	    .port = CONTEXT_PORT_NO_LISTEN,
	    .protocols = protocols,
	    .gid = (gid_t)-1,
	    .uid = (uid_t)-1,
	    .options =
		strncmp(url, "wss:", 4) == 0 ? LWS_SERVER_OPTION_DO_SSL_GLOBAL_INIT : 0,
	    .fd_limit_per_thread = descriptors,
	};

	lws_set_log_level(0, NULL);
	loop->context = lws_create_context(&info);
	CHECK(loop->context != NULL);
	return loop;
}

void
ws_loop_free(struct ws_loop **loop)
{
	if (*loop == NULL)
		return;
	(*loop)->ending = true;
	lws_sul_cancel(&(*loop)->deadline);
	lws_context_destroy((*loop)->context);
	free(*loop);
	*loop = NULL;
}

bool
ws_loop_turn(struct ws_loop *loop, int64_t wait_us)
{
	ws_client_set_deadline(loop, wait_us > 0 ? wait_us : 1);
	return lws_service(loop->context, 0) >= 0;
}

static void
ws_client_connect(struct ws_client *ws, const char *url)
{
	struct lws_client_connect_info to = {.context = ws->loop->context,
	    .path = "/ws",
	    .ietf_version_or_minus_one = -1,
	    .userdata = ws,
	    .pwsi = &ws->wsi};
	char *parts = mem_strdup(url), *local = parts + 4, path[1024], host[300];
	const char *scheme, *rest;

	if (strncmp(url, "unix:", 5) == 0) {
		*local = '+'; /* '+' marks a unix socket in libwebsockets */
		to.address = local;
		to.host = "localhost";
	} else if (lws_parse_uri(parts, &scheme, &to.address, &to.port, &rest) == 0) {
		(void)snprintf(path, sizeof(path), "/%s", rest);
		(void)snprintf(host, sizeof(host), "%s:%d", to.address, to.port);
		to.path = path;
		to.host = host;
		to.ssl_connection = strcmp(scheme, "wss") == 0 ? LCCSCF_USE_SSL : 0;
	}
	if (to.address == NULL || lws_client_connect_via_info(&to) == NULL)
		ws_client_end(ws);
	free(parts);
}

static bool
ws_client_knows(const char *url, char why[WS_WHY])
{
	if (strncmp(url, "ws://", 5) == 0 || strncmp(url, "wss://", 6) == 0 ||
	    strncmp(url, "unix:/", 6) == 0)
		return true;
	(void)snprintf(why, WS_WHY, "must begin with ws://, wss:// or unix:/");
	return false;
}

struct ws_client *
ws_client_begin(struct ws_loop *loop, const char *url, const char *bearer,
    const struct ws_handler *handler, void *ctx)
{
	struct ws_client *ws = mem_new(1, sizeof(*ws));
	char why[WS_WHY];

	ws->loop = loop;
	ws->bearer = bearer;
	ws->handler = handler;
	ws->ctx = ctx;
	ws->code = LOST;
	list_init(&ws->in);
	list_init(&ws->out);
	if (ws_client_knows(url, why))
		ws_client_connect(ws, url);
	else
		ws_client_end(ws);
	return ws;
}

struct ws_client *
ws_client_open(const char *url, const char *bearer, int64_t timeout_ms, char why[WS_WHY])
{
	struct ws_loop *loop;
	struct ws_client *ws;

	if (!ws_client_knows(url, why))
		return NULL;
	loop = ws_loop_new(url, 16);
	ws = ws_client_begin(loop, url, bearer, NULL, NULL);
	ws->owns_loop = true;
	ws_client_set_deadline(loop, timeout_ms * 1000);
	while (
	    ws->state == CONNECTING && !loop->late && lws_service(loop->context, 0) >= 0)
		continue;
	if (ws->state == OPEN)
		return ws;
	ws_client_write_reason(ws, why);
	ws_client_close(&ws);
	return NULL;
}

void
ws_client_close(struct ws_client **ws)
{
	if (*ws == NULL)
		return;
	if ((*ws)->owns_loop)
		ws_loop_free(&(*ws)->loop);
	ws_client_drop(&(*ws)->in);
	ws_client_drop(&(*ws)->out);
	free((*ws)->partial);
	free((*ws)->given);
	free(*ws);
	*ws = NULL;
}

void
ws_client_send(struct ws_client *ws, const char *text, size_t len)
{
	struct ws_text *t;

	CHECK(len <= WS_SEND_MAX);
	if (ws->state != OPEN)
		return;
	t = ws_client_text(len);
	memcpy(t->data + LWS_PRE, text, len);
	list_add_tail(&ws->out, &t->link);
	(void)lws_callback_on_writable(ws->wsi);
}

enum ws_got
ws_client_wait(struct ws_client *ws, int64_t wait_ms, struct ws_message *out)
{
	free(ws->given);
	ws->given = NULL;
	ws_client_set_deadline(ws->loop, wait_ms * 1000);
	while (list_empty(&ws->in) && ws->state == OPEN && !ws->loop->late)
		if (lws_service(ws->loop->context, 0) < 0)
			ws->state = CLOSED;
	if (!list_empty(&ws->in)) {
		ws->given = ES_CONTAINER(list_pop(&ws->in), struct ws_text, link);
		*out = (struct ws_message){
		    .text = ws->given->data + LWS_PRE, .len = ws->given->len};
		return WS_TEXT;
	}
	if (ws->state == OPEN)
		return WS_QUIET;
	*out = (struct ws_message){
	    .text = ws->reason, .len = strlen(ws->reason), .code = ws->code};
	return WS_CLOSED;
}
