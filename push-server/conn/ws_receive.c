#include "conn/ws_receive.h"

#include "conn/conn_write.h"
#include "conn/early_bytes.h"
#include "conn/frame_out.h"
#include "conn/ws.h"
#include "core/check.h"

#include "core/banned.h"

/* How many bytes are read from a closing connection to find the peer's Close frame.
 * Beyond them the worker stops reading: a flood stays in the kernel and costs no time
 * until the close deadline cuts the socket. */
#define AFTER_CLOSE_MAX 65536

static bool
ws_receive_live(const struct conn *c)
{
	return c->state == CONN_GREETING || c->state == CONN_OPEN;
}

/* Count a control frame or a fragment. These frames cost time and carry nothing for the
 * application, so their rate is limited. Returns false when the connection was closed. */
static bool
ws_receive_within_rate(struct conn *c)
{
	const struct loop_env *env = c->conns->env;

	if (env->now_ms - c->io.window_ms >= WS_CONTROL_WINDOW_MS) {
		c->io.window_ms = env->now_ms;
		c->io.in_window = 0;
	}
	if (env->conf->control_rate == 0 || ++c->io.in_window <= env->conf->control_rate)
		return true;
	metrics_add(env->metrics, PM_RATE_LIMITED_FRAMES, 1);
	conn_close(c, CLOSE_RATE, "too many control frames or fragments");
	return false;
}

static void
ws_receive_forget_message(struct conn *c)
{
	c->io.message_len = 0;
	conn_bytes_fini(&c->io.message);
}

static void
ws_receive_refuse(struct conn *c, size_t max)
{
	struct es_err err;

	IGNORE(es_fail(&err, ES_TOO_LARGE, "the frame has %zu bytes; the limit is %zu",
	    c->io.message_len, max));
	frame_out_error(c, NULL, NULL, NULL, &err);
}

static void
ws_receive_deliver(struct conn *c, const char *data, size_t len)
{
	if (!frame_reader_utf8(data, len))
		conn_close(c, CLOSE_BAD_UTF8, "a text frame is not valid UTF-8");
	else
		c->conns->events->message(c->conns->ctx, c, data, len);
}

/* A message in one piece, the usual case, is not copied. */
static void
ws_receive_text(struct conn *c, const struct frame_piece *piece, size_t max)
{
	struct conn_bytes *message = &c->io.message;

	if (piece->message_ends && message->len == 0) {
		ws_receive_deliver(c, piece->data, piece->len);
		return;
	}
	CHECK(conn_bytes_add(message, piece->data, piece->len, max));
	if (piece->message_ends)
		ws_receive_deliver(c, message->data, message->len);
}

static bool
ws_receive_within_early(struct conn *c, size_t message_len)
{
	const char *why;
	const uint16_t code = early_bytes_refusal(c, message_len, &why);

	if (code != 0)
		conn_close(c, code, why);
	return code == 0;
}

static void
ws_receive_data(struct conn *c, const struct frame_piece *piece)
{
	const size_t max = push_conf_message_max(c->conns->env->conf);

	if (piece->frame_starts && piece->fragment && !ws_receive_within_rate(c))
		return;
	if (piece->opcode == OPCODE_BINARY) {
		conn_close(
		    c, CLOSE_UNSUPPORTED, "binary frames are not supported; send text");
		return;
	}
	c->io.message_len += piece->len;
	if (piece->left > WS_TOO_LARGE_FACTOR * max ||
	    c->io.message_len + piece->left > WS_TOO_LARGE_FACTOR * max) {
		conn_close(c, CLOSE_TOO_BIG, "the frame is too large");
		return;
	}
	if (c->state == CONN_GREETING &&
	    !ws_receive_within_early(c, c->io.message_len + piece->left))
		return;
	if (c->io.message_len + piece->left <= max)
		ws_receive_text(c, piece, max);
	else if (piece->message_ends)
		ws_receive_refuse(c, max);
	if (piece->message_ends)
		ws_receive_forget_message(c);
	early_bytes_count(c);
}

static void
ws_receive_close(struct conn *c, const char *payload, size_t len)
{
	const char *why;
	uint16_t code;

	if (frame_reader_close(payload, len, &code, &why))
		conn_on_peer_close(c, code);
	else
		conn_close(c, code, why);
	c->io.peer_closes = true;
}

static void
ws_receive_whole_control(
    struct conn *c, enum frame_opcode opcode, const char *payload, size_t len)
{
	if (opcode == OPCODE_CLOSE)
		ws_receive_close(c, payload, len);
	else if (opcode == OPCODE_PING && ws_receive_live(c))
		conn_write_pong(c, payload, len);
	else if (opcode == OPCODE_PONG)
		c->conns->events->pong(c->conns->ctx, c);
}

static void
ws_receive_control(struct conn *c, const struct frame_piece *piece)
{
	if (piece->frame_starts && ws_receive_live(c) && !ws_receive_within_rate(c))
		return;
	if (piece->frame_starts && piece->left == 0) {
		ws_receive_whole_control(c, piece->opcode, piece->data, piece->len);
		return;
	}
	CHECK(conn_bytes_add(&c->io.control, piece->data, piece->len, FRAME_CONTROL_MAX));
	if (piece->left > 0)
		return;
	ws_receive_whole_control(c, piece->opcode, c->io.control.data, c->io.control.len);
	conn_bytes_fini(&c->io.control);
}

/* Returns false when the connection is closing and the worker has read AFTER_CLOSE_MAX
 * bytes since the decision to close. */
static bool
ws_receive_goes_on(struct conn *c, size_t len)
{
	if (ws_receive_live(c))
		return true;
	c->io.after_close += len;
	if (c->io.after_close <= AFTER_CLOSE_MAX)
		return true;
	if (c->wsi != NULL)
		ws_pause_reading(c->wsi, true);
	return false;
}

void
ws_receive(struct conn *c, char *data, size_t len)
{
	struct frame_piece piece;
	enum frame_event event;

	if (!ws_receive_goes_on(c, len))
		return;
	while (len > 0 && !c->io.peer_closes && !c->io.broken) {
		const size_t used =
		    frame_reader_next(&c->io.reader, data, len, &event, &piece);

		data += used;
		len -= used;
		if (event == FRAME_BROKEN) {
			c->io.broken = true;
			conn_close(c, piece.code, piece.why);
		} else if (event == FRAME_CONTROL) {
			ws_receive_control(c, &piece);
		} else if (event == FRAME_DATA && ws_receive_live(c)) {
			ws_receive_data(c, &piece);
		}
	}
}
