/* The socket of one client of the floor. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../load/frame.h"
#include "floor.h"

#define ACCEPTS 64 /* as many as EchoStream accepts in one turn by default */
#define OUT_MAX ((size_t)1 << 26)

/* The generator sends the key of RFC 6455, so the answer is that of the RFC. */
static const char upgrade[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
static const char hello[] = "{\"type\":\"hello\",\"payload\":{\"v\":1}}";

static char in[1 << 16];

static void
floor_conn_watch(struct floor *f, struct conn *c, int op, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	if (epoll_ctl(f->epoll, op, c->fd, &ev) != 0)
		floor_die("bench_floor: epoll_ctl");
}

void
floor_conn_accept(struct floor *f, int listener)
{
	const int on = 1;

	for (int i = 0; i < ACCEPTS; i++) {
		const int fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct conn *c;

		if (fd < 0 &&
		    (errno == EAGAIN || errno == ECONNABORTED || errno == EINTR))
			return;
		c = fd < 0 ? NULL : calloc(1, sizeof(*c));
		if (c == NULL)
			floor_die("bench_floor: accept");
		c->fd = fd;
		(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		floor_conn_watch(f, c, EPOLL_CTL_ADD, EPOLLIN);
	}
}

/* Closes the descriptor. A socket that is in the list of gathered frames is freed when
 * that list is written. */
static void
floor_conn_end(struct conn *c)
{
	(void)close(c->fd);
	c->fd = -1;
	floor_channel_remove(c);
	free(c->rest);
	free(c->out);
	c->rest = c->out = NULL;
	c->n_out = c->out_size = 0;
	if (!c->dirty)
		free(c);
}

static void
floor_conn_keep(struct conn *c, const char *data, size_t len)
{
	if (c->n_out + len > c->out_size) {
		c->out_size = (c->n_out + len) * 2;
		c->out = c->out_size > OUT_MAX ? NULL : realloc(c->out, c->out_size);
		if (c->out == NULL)
			floor_die("bench_floor: a client reads too slowly");
	}
	memcpy(c->out + c->n_out, data, len);
	c->n_out += len;
}

/* Writes kept bytes. Ignores an error, because the next read closes the socket. */
static void
floor_conn_flush(struct floor *f, struct conn *c)
{
	const ssize_t n = send(c->fd, c->out, c->n_out, MSG_NOSIGNAL);

	if (n > 0) {
		c->n_out -= (size_t)n;
		memmove(c->out, c->out + n, c->n_out);
	}
	if (c->waits != (c->n_out > 0)) {
		c->waits = c->n_out > 0;
		floor_conn_watch(
		    f, c, EPOLL_CTL_MOD, c->waits ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
	if (c->n_out == 0) {
		free(c->out);
		c->out = NULL;
		c->out_size = 0;
	}
}

void
floor_conn_send(struct floor *f, struct conn *c, const char *data, size_t len)
{
	ssize_t n = 0;

	if (f->gather) {
		floor_conn_keep(c, data, len);
		if (!c->dirty) {
			c->dirty = true;
			c->next = f->dirty;
			f->dirty = c;
		}
		return;
	}
	if (c->n_out == 0)
		n = send(c->fd, data, len, MSG_NOSIGNAL);
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return;
	floor_conn_keep(c, data + n, len - (size_t)n);
	if (!c->waits) {
		c->waits = true;
		floor_conn_watch(f, c, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
	}
}

void
floor_conn_flush_all(struct floor *f)
{
	struct conn *c = f->dirty, *next;

	f->dirty = NULL;
	for (; c != NULL; c = next) {
		next = c->next;
		c->dirty = false;
		if (c->fd < 0)
			free(c);
		else if (!c->waits)
			floor_conn_flush(f, c);
	}
}

static size_t
floor_conn_upgrade(struct floor *f, struct conn *c, const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);
	char frame[sizeof(hello) + FRAME_HEAD_MAX];
	const size_t n = frame_head(frame, FRAME_TEXT, sizeof(hello) - 1);

	if (end == NULL)
		return 0;
	c->upgraded = true;
	floor_conn_send(f, c, upgrade, sizeof(upgrade) - 1);
	memcpy(frame + n, hello, sizeof(hello) - 1);
	floor_conn_send(f, c, frame, n + sizeof(hello) - 1);
	return (size_t)(end - data) + 4;
}

static void
floor_conn_read(struct floor *f, struct conn *c)
{
	size_t at = 0, len = c->n_rest;
	struct frame frame;
	ssize_t n;

	if (len > 0)
		memcpy(in, c->rest, len);
	n = recv(c->fd, in + len, sizeof(in) - len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		floor_conn_end(c);
		return;
	}
	len += (size_t)n;
	while (at < len) {
		const bool is_frame = c->upgraded;
		const long used = is_frame
		                      ? frame_read(&frame, in + at, len - at)
		                      : (long)floor_conn_upgrade(f, c, in + at, len - at);

		if (used < 0) {
			floor_conn_end(c);
			return;
		}
		if (used == 0)
			break;
		if (is_frame && frame.op == FRAME_TEXT)
			floor_frames_text(f, c, frame.data, frame.len);
		at += (size_t)used;
	}
	free(c->rest);
	c->rest = NULL;
	c->n_rest = len - at;
	if (c->n_rest > 0) {
		c->rest = malloc(c->n_rest);
		if (c->rest == NULL)
			floor_die("bench_floor: memory");
		memcpy(c->rest, in + at, c->n_rest);
	}
}

void
floor_conn_ready(struct floor *f, struct conn *c, unsigned events)
{
	if ((events & EPOLLOUT) != 0 && c->n_out > 0)
		floor_conn_flush(f, c);
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		floor_conn_read(f, c);
}
