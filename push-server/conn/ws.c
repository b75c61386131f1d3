#include "conn/ws.h"

#include <libwebsockets.h>
#include <string.h>
#include <sys/socket.h>

#include "conn/conn_write.h"
#include "conn/peer.h"
#include "core/check.h"

#include "core/banned.h"

/* maximum bytes that libwebsockets reads from a socket in one call */
#define RX_BUFFER 4096
#define NUDGE_S   0.5 /* see ws_on_nudge() */
/* how long the kernel keeps the unsent bytes of a socket that was cut */
#define CUT_UNACKED_MS 30000

struct ws {
	struct conns *conns;
	struct lws_context *context;
	struct lws_vhost *vhost;
	/* set while libwebsockets adopts the socket of this connection */
	struct conn *adopting;
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

/* Write the Close frame; libwebsockets holds no other bytes at this point. A non-zero
 * result makes libwebsockets close the socket. */
static int
ws_on_closing(struct lws *wsi, struct conn *c)
{
	if (!c->io.close_sent) {
		if (!conn_write_close(c))
			return -1;
		if (ws_partial(wsi)) {
			/* continue when libwebsockets has written the rest */
			ws_want_writable(wsi);
			return 0;
		}
	}
	if (c->io.peer_closes)
		return -1; /* both Close frames are exchanged: RFC 6455 section 7.1.1 */
	/* The client's bytes can't be parsed any more, so its Close frame can't be found.
	 * Shut down the sending side instead: the client sees the end of the stream and
	 * closes, and libwebsockets reports that. */
	if (c->io.broken)
		(void)shutdown(lws_get_socket_fd(wsi), SHUT_WR);
	return 0;
}

static int
ws_on_writable(struct lws *wsi, struct conn *c)
{
	if (c->state == CONN_CLOSING)
		return ws_on_closing(wsi, c);
	conn_write_ready(c);
	return 0;
}

static int
ws_on_receive(struct lws *wsi, struct conn *c, char *data, size_t len)
{
	c->conns->events->bytes(c->conns->ctx, c, data, len);
	/* libwebsockets reads all sockets into this buffer, and never clears it. */
	explicit_bzero(data, len);
	/* -1 closes the socket: both sides have sent their Close frames. */
	return c->state == CONN_CLOSING && c->io.close_sent && c->io.peer_closes &&
	               !ws_partial(wsi)
	           ? -1
	           : 0;
}

static void
ws_on_gone(struct lws *wsi, struct conn *c)
{
	lws_set_opaque_user_data(wsi, NULL);
	conn_on_lost(c);
}

static int
ws_on_event(
    struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
	struct conn *c;

	(void)user;
	if (why == LWS_CALLBACK_RAW_ADOPT) {
		ws_bind_conn(wsi);
		return 0;
	}
	c = wsi != NULL ? ws_conn_of(wsi) : NULL;
	if (c == NULL)
		return 0;
		/* libwebsockets has dozens of callback reasons that this server does not
		 * use. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wswitch-enum"
	switch (why) {
	case LWS_CALLBACK_RAW_RX:
		return ws_on_receive(wsi, c, in, len);
	case LWS_CALLBACK_RAW_WRITEABLE:
		return ws_on_writable(wsi, c);
	case LWS_CALLBACK_RAW_CLOSE:
	case LWS_CALLBACK_WSI_DESTROY:
		ws_on_gone(wsi, c);
		break;
	default:
		break;
	}
#pragma GCC diagnostic pop
	return 0;
}

static const struct lws_protocols ws_protocols[] = {
    {.name = "echostream",
	.callback = ws_on_event,
	.rx_buffer_size = RX_BUFFER,
	.tx_packet_size = WS_TX_PACKET},
    {.name = NULL},
};

static void
ws_on_log(int level, const char *line)
{
	char text[200];
	size_t n;

	n = strcspn(line, "\n");
	(void)snprintf(text, sizeof(text), "%.*s", (int)n, line);
	if (level == LLL_ERR)
		log_warn("libwebsockets reports", LOG_STR("line", text));
	else
		log_debug("libwebsockets reports", LOG_STR("line", text));
}

/* The libev plug-in of the packaged libwebsockets never moves its timer to an earlier
 * time. Without this regular wake-up all time-outs of libwebsockets would be up to 30 s
 * late. */
static void
ws_on_nudge(struct ev_loop *loop, ev_timer *timer, int events)
{
	struct ws *ws = ES_CONTAINER(timer, struct ws, nudge);

	(void)loop, (void)events;
	lws_cancel_service(ws->context);
}

/* The idle timers of libwebsockets are off: each of their events would walk over all
 * connections, and ping_wheel.c finds dead peers anyway. */
static const lws_retry_bo_t ws_no_idle_timers = {0};

enum es_code
ws_open(struct conns *conns, struct es_err *err)
{
	void *loops[] = {conns->env->loop};
	struct ws *ws = mem_new(1, sizeof(*ws));
	struct lws_context_creation_info info = {
	    .port = CONTEXT_PORT_NO_LISTEN_SERVER,
	    .options = LWS_SERVER_OPTION_LIBEV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS,
	    .foreign_loops = loops,
	    .pt_serv_buf_size = RX_BUFFER,
	    .timeout_secs = 5,
	    .retry_and_idle_policy = &ws_no_idle_timers,
	    .gid = (gid_t)-1,
	    .uid = (uid_t)-1,
	    .user = ws,
	};

	lws_set_log_level(LLL_ERR | LLL_WARN, ws_on_log);
	ws->conns = conns;
	ws->context = lws_create_context(&info);
	info.protocols = ws_protocols;
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
	/* libwebsockets releases its watchers in a few further turns of the loop */
	for (int i = 0; i < 8; i++)
		ev_run(loop, EVRUN_NOWAIT);
	mem_free(ws);
	conns->ws = NULL;
}

void
ws_adopt(struct conn *c, int fd, char *first, size_t len)
{
	struct ws *ws = c->conns->ws;
	const lws_sock_file_fd_type socket = {.sockfd = fd};
	struct lws *wsi;

	ws->adopting = c;
	wsi = lws_adopt_descriptor_vhost(
	    ws->vhost, LWS_ADOPT_SOCKET, socket, ws_protocols[0].name, NULL);
	ws->adopting = NULL;
	if (wsi == NULL) {
		conn_on_lost(c);
		return;
	}
	CHECK(c->wsi == wsi);
	c->io.upgraded = true;
	conn_set_state(c, CONN_GREETING);
	c->conns->events->up(c->conns->ctx, c);
	c->conns->events->bytes(c->conns->ctx, c, first, len);
}

bool
ws_write(struct lws *wsi, const char *bytes, size_t len)
{
	/* lws_write() with LWS_WRITE_RAW does not change the bytes; only its prototype
	 * lacks const. */
	unsigned char *data;

	memcpy(&data, &bytes, sizeof(data));
	return lws_write(wsi, data, len, LWS_WRITE_RAW) >= 0;
}

bool
ws_partial(struct lws *wsi)
{
	return lws_partial_buffered(wsi) != 0;
}

void
ws_pause_reading(struct lws *wsi, bool pause)
{
	(void)lws_rx_flow_control(wsi, pause ? 0 : 1);
}

void
ws_want_writable(struct lws *wsi)
{
	(void)lws_callback_on_writable(wsi);
}

int
ws_fd(struct lws *wsi)
{
	return lws_get_socket_fd(wsi);
}

void
ws_cut(struct lws *wsi)
{
	peer_limit_unacked(ws_fd(wsi), CUT_UNACKED_MS);
	lws_set_timeout(wsi, PENDING_TIMEOUT_USER_REASON_BASE, LWS_TO_KILL_SYNC);
}
