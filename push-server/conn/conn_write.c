#include "conn/conn_write.h"

#include <string.h>

#include "conn/peer.h"
#include "conn/ws.h"
#include "core/check.h"

#include "core/banned.h"

_Static_assert(CONN_FRAME_MAX <= WS_TX_PACKET, "a frame must fit one write");
_Static_assert(CONN_WRITE_MAX <= WS_TX_PACKET, "a write must fit one packet");

/* Length of the whole frames at the start of b that fit into room; at least one frame. */
static size_t
conn_write_whole_frames(const struct conn_bytes *b, size_t room)
{
	size_t n = 0;

	while (n < b->len) {
		const size_t payload = frame_header_payload(b->data + n);
		const size_t next = n + frame_header_len(payload) + payload;

		CHECK(next <= b->len);
		if (n > 0 && next > room)
			break;
		n = next;
	}
	return n;
}

static void
conn_write_count_out(struct conns *t, int64_t delta)
{
	t->out_bytes += delta;
	metrics_gauge_set(t->env->metrics, PM_OUT_BYTES, t->out_bytes);
}

static void
conn_write_unblock(struct conn *c)
{
	if (!c->out.blocked)
		return;
	c->out.blocked = false;
	c->out.unblocked_ms = c->conns->env->now_ms;
	if (c->wsi != NULL && c->state != CONN_CLOSING)
		ws_pause_reading(c->wsi, false);
	list_del(&c->out.slow);
	conn_write_count_out(c->conns, -(int64_t)c->out.buffered);
	c->out.buffered = 0;
}

static void
conn_write_block(struct conn *c, size_t buffered)
{
	c->out.blocked = true;
	c->out.careful = true;
	c->out.buffered = (uint32_t)buffered;
	c->out.taken_ms = c->conns->env->now_ms;
	c->out.taken = peer_taken(ws_fd(c->wsi));
	list_add_tail(&c->conns->slow, &c->out.slow);
	conn_write_count_out(c->conns, (int64_t)buffered);
	ws_pause_reading(c->wsi, true);
	ws_want_writable(c->wsi);
}

static int64_t
conn_write_waiting(const struct conn *c)
{
	return (int64_t)c->out.buffered + c->out.control.len + c->out.lossy.len;
}

/* Returns true when frames may be written: the 101 answer is sent, and neither side has
 * decided to close. */
static bool
conn_write_live(const struct conn *c)
{
	return c->state == CONN_GREETING || c->state == CONN_OPEN;
}

/* When too many bytes wait in this process, close the slowest clients. The bytes of a
 * closing connection stay counted until it is freed. Subtract them first; otherwise each
 * write until then would close more clients. */
static void
conn_write_shed_slowest(struct conns *t)
{
	struct loop_env *env = t->env;
	int64_t excess = t->out_bytes - env->conf->out_bytes;
	struct list *next;

	for (struct list *l = t->slow.next; l != &t->slow && excess > 0; l = l->next) {
		const struct conn *c = LIST_ITEM(l, struct conn, out.slow);

		if (!conn_write_live(c))
			excess -= conn_write_waiting(c);
	}
	for (struct list *l = t->slow.next; l != &t->slow && excess > 0; l = next) {
		struct conn *c = LIST_ITEM(l, struct conn, out.slow);

		next = l->next;
		if (!conn_write_live(c))
			continue;
		excess -= conn_write_waiting(c);
		metrics_add(env->metrics, PM_SLOW, 1);
		conn_close(c, CLOSE_SLOW, "too slow, and the server is short of memory");
	}
}

/* Writes whole frames, if the connection is live and libwebsockets holds no bytes for
 * it. */
static bool
conn_write(struct conn *c, const char *frames, size_t len)
{
	if (!conn_write_live(c) || c->out.blocked)
		return false;
	CHECK(len > 0 && len <= CONN_WRITE_MAX);
	if (!ws_write(c->wsi, frames, len)) {
		c->io.dead = true;
		conn_set_state(c, CONN_CLOSING);
		return false;
	}
	metrics_add(c->conns->env->metrics, PM_WRITES, 1);
	metrics_add(c->conns->env->metrics, PM_BYTES_OUT, len);
	if (ws_partial(c->wsi))
		conn_write_block(c, len);
	else
		c->out.careful = false;
	return true;
}

static size_t
conn_write_slice(const struct conn *c)
{
	return c->out.careful ? CONN_CAREFUL_MAX : CONN_WRITE_MAX;
}

/* Returns true when the buffer is empty afterwards. */
static bool
conn_write_buffer(struct conn *c, struct conn_bytes *b)
{
	while (b->len > 0) {
		const size_t n = conn_write_whole_frames(b, conn_write_slice(c));

		if (!conn_write(c, b->data, n))
			return false;
		conn_bytes_drop(b, n);
		conn_write_count_out(c->conns, -(int64_t)n);
		/* call this last: until here the sum counts n bytes twice, in buffered
		 * and in b */
		conn_write_shed_slowest(c->conns);
	}
	return true;
}

static bool
conn_write_append(struct conn *c, struct conn_bytes *b, enum frame_opcode opcode,
    const char *payload, size_t len, size_t cap)
{
	char header[FRAME_HEADER_MAX];
	const size_t n = frame_header(opcode, len, header);

	CHECK(n + len <= CONN_FRAME_MAX);
	if (b->len + n + len > cap)
		return false;
	CHECK(conn_bytes_add(b, header, n, cap));
	CHECK(conn_bytes_add(b, payload, len, cap));
	conn_write_count_out(c->conns, (int64_t)(n + len));
	return true;
}

static void
conn_write_queue(
    struct conn *c, enum frame_opcode opcode, const char *payload, size_t len)
{
	/* One turn may queue more than the buffer holds. A client is too slow only if its
	 * socket does not take the full buffer. */
	if (conn_write_live(c) &&
	    c->out.control.len + FRAME_HEADER_MAX + len > CONN_CONTROL_MAX)
		(void)conn_write_buffer(c, &c->out.control);
	if (!conn_write_live(c))
		return;
	if (!conn_write_append(
		c, &c->out.control, opcode, payload, len, CONN_CONTROL_MAX)) {
		metrics_add(c->conns->env->metrics, PM_SLOW, 1);
		conn_close(c, CLOSE_SLOW,
		    "too slow: too many answers that the client has not read");
		return;
	}
	if (list_empty(&c->out.flush))
		list_add_tail(&c->conns->flush, &c->out.flush);
}

void
conn_queue_frame(struct conn *c, const char *json, size_t len)
{
	conn_write_queue(c, OPCODE_TEXT, json, len);
}

void
conn_write_ping(struct conn *c)
{
	/* The payload marks this server's pings in a packet capture; no code compares the
	 * pong's payload. */
	conn_write_queue(c, OPCODE_PING, "es", 2);
}

void
conn_write_pong(struct conn *c, const char *payload, size_t len)
{
	if (!conn_write_live(c))
		return;
	c->io.pong.len = 0;
	CHECK(conn_bytes_add(&c->io.pong, payload, len, FRAME_CONTROL_MAX));
	c->io.pong_due = true;
	if (list_empty(&c->out.flush))
		list_add_tail(&c->conns->flush, &c->out.flush);
}

static void
conn_write_queue_pong(struct conn *c)
{
	if (!c->io.pong_due)
		return;
	c->io.pong_due = false;
	conn_write_queue(c, OPCODE_PONG, c->io.pong.data, c->io.pong.len);
	conn_bytes_fini(&c->io.pong);
}

bool
conn_write_close(struct conn *c)
{
	const char *reason = c->io.reason == NULL ? "" : c->io.reason;
	const size_t n_reason = c->io.code == CLOSE_NO_CODE ? 0 : strlen(reason);
	const size_t n = c->io.code == CLOSE_NO_CODE ? 0 : 2 + n_reason;
	char frame[FRAME_HEADER_MAX + 2 + CLOSE_REASON_MAX];
	size_t len = frame_header(OPCODE_CLOSE, n, frame);

	CHECK(c->state == CONN_CLOSING && !c->io.close_sent && !ws_partial(c->wsi));
	if (n > 0) {
		frame[len++] = (char)(c->io.code >> 8);
		frame[len++] = (char)c->io.code;
		memcpy(frame + len, reason, n_reason);
		len += n_reason;
	}
	c->io.close_sent = true;
	return ws_write(c->wsi, frame, len);
}

size_t
conn_write_room(const struct conn *c)
{
	if (c->state != CONN_OPEN || c->out.blocked)
		return 0;
	return conn_write_slice(c);
}

bool
conn_write_frames(struct conn *c, const char *frames, size_t len)
{
	if (c->state != CONN_OPEN || !conn_write_buffer(c, &c->out.control) ||
	    !conn_write(c, frames, len))
		return false;
	conn_write_shed_slowest(c->conns);
	return true;
}

void
conn_want_writable(struct conn *c)
{
	if (c->state == CONN_OPEN)
		ws_want_writable(c->wsi);
}

bool
conn_lossy_frame(struct conn *c, const char *json, size_t len)
{
	if (c->state != CONN_OPEN)
		return false;
	if (len + FRAME_HEADER_MAX > CONN_LOSSY_MAX ||
	    !conn_write_append(
		c, &c->out.lossy, OPCODE_TEXT, json, len, CONN_LOSSY_MAX)) {
		metrics_add(c->conns->env->metrics, PM_LOSSY_DROPPED, 1);
		return false;
	}
	if (list_empty(&c->out.lossy_entry))
		list_add_tail(&c->conns->lossy, &c->out.lossy_entry);
	return true;
}

void
conn_lossy_clear(struct conn *c)
{
	conn_write_count_out(c->conns, -(int64_t)c->out.lossy.len);
	conn_bytes_fini(&c->out.lossy);
}

void
conn_write_ready(struct conn *c)
{
	conn_write_unblock(c);
	if (conn_write_live(c) && conn_write_buffer(c, &c->out.control) &&
	    c->state == CONN_OPEN && !c->out.blocked)
		c->conns->events->writable(c->conns->ctx, c);
}

void
conn_write_last(struct conn *c)
{
	conn_write_queue_pong(c);
	if (conn_write_live(c))
		(void)conn_write_buffer(c, &c->out.control);
}

void
conn_write_flush(struct conns *t)
{
	struct list *l;

	while ((l = list_pop(&t->flush)) != NULL) {
		struct conn *c = LIST_ITEM(l, struct conn, out.flush);

		conn_write_queue_pong(c);
		/* conn_write_queue_pong() may have added c again */
		list_del(&c->out.flush);
		if (conn_write_live(c))
			(void)conn_write_buffer(c, &c->out.control);
	}
}

/* Write the lossy frames of a connection once. The pause starts even if nothing was
 * written: all pauses are then equally long, and t->lossy_paused stays ordered by their
 * ends. */
static void
conn_write_lossy(struct conn *c)
{
	if (c->state != CONN_OPEN)
		return;
	if (c->out.control.len == 0)
		(void)conn_write_buffer(c, &c->out.lossy);
	c->out.lossy_ms = c->conns->env->now_ms + CONN_LOSSY_PAUSE_MS;
	list_move_tail(&c->conns->lossy_paused, &c->out.lossy_entry);
}

void
conn_write_flush_lossy(struct conns *t)
{
	struct list *l;

	while ((l = list_pop(&t->lossy)) != NULL)
		conn_write_lossy(LIST_ITEM(l, struct conn, out.lossy_entry));
}

void
conn_write_tick(struct conns *t)
{
	struct list *l;

	while ((l = list_first(&t->lossy_paused)) != NULL) {
		struct conn *c = LIST_ITEM(l, struct conn, out.lossy_entry);

		if (c->out.lossy_ms > t->env->now_ms)
			return;
		list_del(l);
		if (c->out.lossy.len > 0)
			list_add_tail(&t->lossy, l);
	}
}

void
conn_write_fini(struct conn *c)
{
	conn_write_unblock(c);
	list_del(&c->out.flush);
	list_del(&c->out.lossy_entry);
	conn_write_count_out(c->conns, -(int64_t)(c->out.control.len + c->out.lossy.len));
	conn_bytes_fini(&c->out.control);
	conn_bytes_fini(&c->out.lossy);
}
