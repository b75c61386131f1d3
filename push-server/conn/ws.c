#include "conn/ws.h"

#include <libwebsockets.h>
#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"

#include "core/banned.h"

#define RX_BUFFER 1024
#define NUDGE_S   0.5

struct ws {
	struct conns *conns;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct conn *adopting; /* set while libwebsockets makes a socket of it */
	ev_timer nudge;
};

static struct conn *
ws_conn_of(struct lws *wsi)
{
	return lws_get_opaque_user_data(wsi);
}

static void
ws_bind_conn(struct lws *wsi)
{
	struct ws *ws = lws_context_user(lws_get_context(wsi));

	if (ws->adopting == NULL || ws_conn_of(wsi) != NULL)
		return;
	ws->adopting->wsi = wsi;
	lws_set_opaque_user_data(wsi, ws->adopting);
}

static void
ws_on_established(struct conn *c)
{
	c->io.upgraded = true;
	conn_set_state(c, CONN_GREETING);
	c->conns->events->up(c->conns->ctx, c);
}

/* A piece of a message. Whole messages of one piece, the usual case, are not copied. */
static void
ws_on_receive(struct lws *wsi, struct conn *c, const char *data, size_t len)
{
	const size_t rest = lws_remaining_packet_payload(wsi);
	const bool last = lws_is_final_fragment(wsi) && rest == 0;
	const size_t max = (size_t)c->conns->env->conf->frame_max_bytes;
	struct conn_bytes *message = &c->io.message;

	if (c->state != CONN_GREETING && c->state != CONN_OPEN)
		return;
	if (lws_frame_is_binary(wsi)) {
		conn_close(c, CLOSE_UNSUPPORTED, "text frames only");
		return;
	}
	if (len > max || rest > max || message->len + len + rest > max) {
		conn_close(c, CLOSE_TOO_BIG, "frame too big");
		return;
	}
	if (last && message->len == 0) {
		c->conns->events->message(c->conns->ctx, c, data, len);
		return;
	}
	CHECK(conn_bytes_add(message, data, len, max));
	if (!last)
		return;
	c->conns->events->message(c->conns->ctx, c, message->data, message->len);
	message->len = 0;
	if (message->size > 4096)
		conn_bytes_fini(message);
}

static void
ws_on_peer_close(struct conn *c, const unsigned char *in, size_t len)
{
	conn_peer_closes(
	    c, len >= 2 ? (uint16_t)((unsigned)in[0] << 8 | in[1]) : (uint16_t)1005);
}

/* Non-zero: libwebsockets closes the socket, with the reason set before. */
static int
ws_on_writable(struct lws *wsi, struct conn *c)
{
	unsigned char reason[sizeof(c->io.reason)];
	const size_t len = strlen(c->io.reason);

	if (c->state != CONN_CLOSING) {
		conn_write_ready(c);
		return 0;
	}
	if (c->io.peer_closes)
		return 0;
	memcpy(reason, c->io.reason, len);
	lws_close_reason(wsi, (enum lws_close_status)c->io.code, reason, len);
	return -1;
}

/* was_ws: it had got as far as being a WebSocket. */
static void
ws_on_gone(struct lws *wsi, struct conn *c, bool was_ws)
{
	if (was_ws && ws_close_code(wsi) != 0)
		conn_peer_closes(c, ws_close_code(wsi));
	lws_set_opaque_user_data(wsi, NULL);
	conn_lost(c);
}

static int
ws_on_event(
    struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct conn *c;

	(void)user;
	if (why == LWS_CALLBACK_SERVER_NEW_CLIENT_INSTANTIATED) {
		ws_bind_conn(wsi);
		return 0;
	}
	c = wsi != NULL ? ws_conn_of(wsi) : NULL;
	if (c == NULL)
		return 0;
		/* Not ours: dozens of callbacks that this server does not use. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (why) {
	case LWS_CALLBACK_ESTABLISHED:
		ws_on_established(c);
		break;
	case LWS_CALLBACK_RECEIVE:
		ws_on_receive(wsi, c, in, len);
		break;
	case LWS_CALLBACK_RECEIVE_PONG:
		c->conns->events->pong(c->conns->ctx, c);
		break;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return ws_on_writable(wsi, c);
	case LWS_CALLBACK_WS_PEER_INITIATED_CLOSE:
		ws_on_peer_close(c, in, len);
		break;
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_WSI_DESTROY:
		ws_on_gone(wsi, c, why == LWS_CALLBACK_CLOSED);
		break;
	default:
		break;
	}
#pragma GCC diagnostic pop
	return 0;
}

/* The name is what a client may ask for by Sec-WebSocket-Protocol; the first entry is
 * also taken without one. */
static const struct lws_protocols protocols[] = {
    {.name = "echostream.v1",
	.callback = ws_on_event,
	.rx_buffer_size = RX_BUFFER,
	.tx_packet_size = WS_TX_PACKET},
    {.name = NULL},
};

/* Every adoption with data says "calling service" at error level. */
static void
ws_on_log(int level, const char *line)
{
	char text[200];
	size_t n;

	if (strstr(line, "calling service") != NULL ||
	    strstr(line, "deferring handling ah") != NULL)
		return;
	n = strcspn(line, "\n");
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, line);
	if (level == LLL_ERR)
		log_warn("libwebsockets", LOG_STR("line", text));
	else
		log_debug("libwebsockets", LOG_STR("line", text));
}

/* The packaged libev plug-in never re-arms its timer to an earlier time: all time-outs of
 * libwebsockets would be up to 30 s late. */
static void
ws_on_nudge(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct ws *ws = ES_CONTAINER(timer, struct ws, nudge);

	(void)loop, (void)events;
	lws_cancel_service(ws->context);
}

enum es_code
ws_open(struct conns *conns, struct es_err *err)
{
	void *loops[] = {conns->env->loop};
	struct ws *ws = mem_new(1, sizeof(*ws));
	struct lws_context_creation_info info = {
	    .port = CONTEXT_PORT_NO_LISTEN_SERVER,
	    .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
	               LWS_SERVER_OPTION_VALIDATE_UTF8,
	    .foreign_loops = loops,
	    .max_http_header_data = 1024, /* heads are written by handshake.c */
	    .max_http_header_pool = 16,
	    .timeout_secs = 5,
	    .gid = (gid_t)-1,
	    .uid = (uid_t)-1,
	    .user = ws,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, ws_on_log);
	ws->conns = conns;
	ws->context = lws_create_context(&info);
	info.protocols = protocols;
	ws->vhost = ws->context != NULL ? lws_create_vhost(ws->context, &info) : NULL;
	if (ws->vhost == NULL) {
		if (ws->context != NULL)
			lws_context_destroy(ws->context);
		mem_free(ws);
		return es_fail(err, ES_INTERNAL, "libwebsockets refuses to start");
	}
	ev_timer_init(&ws->nudge, ws_on_nudge, NUDGE_S, NUDGE_S);
	ev_timer_start(conns->env->loop, &ws->nudge);
	conns->ws = ws;
	return ES_OK;
}

void
ws_close(struct conns *conns)
{
	struct ev_loop *loop = conns->env->loop;
	struct ws *ws = conns->ws;

	if (ws == NULL)
		return;
	ev_timer_stop(loop, &ws->nudge);
	lws_context_destroy(ws->context);
	for (int i = 0; i < 8; i++)
		ev_run(loop, EVRUN_NOWAIT);
	mem_free(ws);
	conns->ws = NULL;
}

void
ws_adopt(struct conn *c, int fd, const char *head, size_t len)
{
	struct ws *ws = c->conns->ws;
	const struct conn_ref ref = c->ref;
	struct lws *wsi;

	ws->adopting = c;
	wsi = lws_adopt_socket_vhost_readbuf(ws->vhost, fd, head, len);
	ws->adopting = NULL;
	/* It may have come and gone within that call; it is freed at the end of the turn.
	 */
	CHECK(ws->conns->slots[ref.slot] == c);
	if (wsi == NULL)
		conn_lost(c);
}

bool
ws_write(struct lws *wsi, const char *bytes, size_t len)
{
	/* A raw write only reads; its prototype is older than const. */
	unsigned char *data;

	memcpy(&data, &bytes, sizeof(data));
	return lws_write(wsi, data, len, LWS_WRITE_RAW) >= 0;
}

uint16_t
ws_close_code(struct lws *wsi)
{
	const unsigned char *payload = lws_get_close_payload(wsi);

	if (lws_get_close_length(wsi) < 2)
		return 0;
	return (uint16_t)((unsigned)payload[0] << 8 | payload[1]);
}

bool
ws_partial(struct lws *wsi)
{
	return lws_partial_buffered(wsi) != 0;
}

void
ws_want_writable(struct lws *wsi)
{
	(void)lws_callback_on_writable(wsi);
}

void
ws_cut(struct lws *wsi)
{
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}
