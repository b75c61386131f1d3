#include "client.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frame.h"

#define TEXT_MAX   8000
#define UNSENT_MAX (1 << 24) /* when a server reads nothing, the benchmark stops */

static char in[1 << 18];

static void client_ready(struct load *l, struct watched *w, unsigned events);

void
client_phase(struct load *l, struct client *c, enum phase next)
{
	const bool was = c->phase != AWAY && c->phase != READY;
	const bool is = next != AWAY && next != READY;

	l->under_way += (unsigned)is - (unsigned)was;
	l->n_ready += (unsigned)(next == READY) - (unsigned)(c->phase == READY);
	c->phase = next;
}

void
client_cut(struct load *l, struct client *c)
{
	if (c->socket.fd >= 0)
		(void)close(c->socket.fd);
	c->socket.fd = -1;
	free(c->rest);
	free(c->unsent);
	c->rest = c->unsent = NULL;
	c->n_rest = c->n_unsent = 0;
	client_phase(l, c, AWAY);
}

/* Handles a socket that closed although the generator did not close it. */
static void
client_lost(struct load *l, struct client *c)
{
	if (c->phase == READY)
		l->results.cut++;
	else
		l->results.failed++;
	client_cut(l, c);
}

void
client_connect(struct load *l, struct client *c)
{
	c->began_us = load_now_us();
	c->n_acked = 0;
	c->socket.ready = client_ready;
	c->socket.fd = load_connect(l->push_port, c->index);
	if (c->socket.fd < 0) {
		l->results.failed++;
		return;
	}
	client_phase(l, c, CONNECTING);
	load_watch(l, &c->socket, EPOLLOUT);
}

/* Writes the bytes, and keeps what the socket does not take. */
static void
client_put(struct load *l, struct client *c, const char *data, size_t len)
{
	ssize_t n = 0;

	if (c->n_unsent == 0)
		n = send(c->socket.fd, data, len, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN) {
		client_lost(l, c);
		return;
	}
	if (n < 0)
		n = 0;
	if ((size_t)n == len)
		return;
	if (c->n_unsent + len > UNSENT_MAX)
		load_die("the server takes no more bytes from a sender");
	if (c->n_unsent == 0)
		load_rewatch(l, &c->socket, EPOLLIN | EPOLLOUT);
	len -= (size_t)n;
	c->unsent = realloc(c->unsent, c->n_unsent + len);
	if (c->unsent == NULL)
		load_die("out of memory");
	memcpy(c->unsent + c->n_unsent, data + n, len);
	c->n_unsent += len;
}

static void
client_flush(struct load *l, struct client *c)
{
	const ssize_t n = send(c->socket.fd, c->unsent, c->n_unsent, MSG_NOSIGNAL);

	if (n < 0) {
		if (errno != EAGAIN)
			client_lost(l, c);
		return;
	}
	c->n_unsent -= (size_t)n;
	memmove(c->unsent, c->unsent + n, c->n_unsent);
	if (c->n_unsent == 0)
		load_rewatch(l, &c->socket, EPOLLIN);
}

static void
client_frame(
    struct load *l, struct client *c, enum frame_op op, const char *data, size_t len)
{
	char frame[TEXT_MAX + FRAME_HEAD_MAX];

	if (len > TEXT_MAX)
		load_die("a frame is too long");
	client_put(l, c, frame, frame_masked(frame, op, load_random(), data, len));
}

void
client_text(struct load *l, struct client *c, const char *json, size_t len)
{
	client_frame(l, c, FRAME_TEXT, json, len);
}

/* The key is the example of RFC 6455. */
static void
client_upgrade(struct load *l, struct client *c)
{
	char head[4096];
	int error = 0;
	socklen_t size = sizeof(error);

	if (getsockopt(c->socket.fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 ||
	    error != 0) {
		client_lost(l, c);
		return;
	}
	client_phase(l, c, UPGRADING);
	load_rewatch(l, &c->socket, EPOLLIN);
	client_put(l, c, head,
	    (size_t)snprintf(head, sizeof(head),
		"GET /ws?token=%s HTTP/1.1\r\nHost: bench\r\nUpgrade: websocket\r\n"
		"Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
		"Sec-WebSocket-Version: 13\r\n\r\n",
		c->token));
}

/* Returns the number of bytes used; 0: the head is not complete, or the socket ended. */
static size_t
client_head(struct load *l, struct client *c, const char *data, size_t len)
{
	const char *end = memmem(data, len, "\r\n\r\n", 4);

	if (end == NULL)
		return 0;
	if (strncmp(data, "HTTP/1.1 101", 12) != 0) {
		(void)snprintf(l->results.error, sizeof(l->results.error), "%.12s", data);
		client_lost(l, c);
		return 0;
	}
	client_phase(l, c, GREETING);
	return (size_t)(end - data) + 4;
}

static size_t
client_one_frame(struct load *l, struct client *c, char *data, size_t len)
{
	struct frame f;
	const long used = frame_read(&f, data, len);

	if (used < 0)
		load_die("the server sent a frame that the generator cannot read");
	if (used == 0)
		return 0;
	if (f.op == FRAME_TEXT) {
		client_frames_text(l, c, f.data, f.len);
	} else if (f.op == FRAME_PING) {
		client_frame(l, c, FRAME_PONG, f.data, f.len);
	} else if (f.op == FRAME_CLOSE) {
		client_lost(l, c);
	}
	return (size_t)used;
}

static void
client_read(struct load *l, struct client *c)
{
	size_t at = 0, len = c->n_rest;
	ssize_t n;

	if (len > 0)
		memcpy(in, c->rest, len);
	n = recv(c->socket.fd, in + len, sizeof(in) - len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_lost(l, c);
		return;
	}
	len += (size_t)n;
	while (at < len) {
		const size_t used = c->phase == UPGRADING
		                        ? client_head(l, c, in + at, len - at)
		                        : client_one_frame(l, c, in + at, len - at);

		if (c->phase == AWAY)
			return;
		if (used == 0)
			break;
		at += used;
	}
	free(c->rest);
	c->rest = NULL;
	c->n_rest = len - at;
	if (c->n_rest > 0) {
		c->rest = malloc(c->n_rest);
		if (c->rest == NULL)
			load_die("out of memory");
		memcpy(c->rest, in + at, c->n_rest);
	}
}

static void
client_ready(struct load *l, struct watched *w, unsigned events)
{
	struct client *c = (struct client *)w;

	if (c->phase == CONNECTING) {
		client_upgrade(l, c);
		return;
	}
	if ((events & EPOLLOUT) != 0 && c->n_unsent > 0)
		client_flush(l, c);
	if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0 && c->phase != AWAY)
		client_read(l, c);
}
