#include "http.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define OPEN_US 5000000

static char in[1 << 16];

static void http_ready(struct load *l, struct watched *w, unsigned events);

static void
http_connect(struct load *l, struct http *h)
{
	h->connected = false;
	h->socket.ready = http_ready;
	h->socket.fd = load_connect(l->rest_port, h->index);
	if (h->socket.fd < 0)
		load_die("lighttpd refuses connections");
	load_watch(l, &h->socket, EPOLLOUT);
}

struct http *
http_open(struct load *l, unsigned n, void (*done)(struct load *l, struct http *h))
{
	const int64_t until_us = load_now_us() + OPEN_US;
	struct http *all = calloc(n, sizeof(*all));
	unsigned open = 0;

	if (all == NULL)
		load_die("out of memory");
	for (unsigned i = 0; i < n; i++) {
		all[i].index = i;
		all[i].done = done;
		http_connect(l, &all[i]);
	}
	while (open < n) {
		if (load_now_us() > until_us)
			load_die("no connection to lighttpd");
		load_turn(l, until_us);
		open = 0;
		for (unsigned i = 0; i < n; i++)
			open += all[i].connected;
	}
	return all;
}

void
http_close(struct load *l, struct http **connections, unsigned n)
{
	(void)l;
	for (unsigned i = 0; i < n; i++) {
		(void)close((*connections)[i].socket.fd);
		free((*connections)[i].unsent);
	}
	free(*connections);
	*connections = NULL;
}

size_t
http_request(char *out, size_t size, const char *method, const char *path,
    const char *token, const char *prefer, const char *body)
{
	char more[200] = "";
	int n;

	if (body != NULL)
		(void)snprintf(more, sizeof(more),
		    "Content-Type: application/json\r\nContent-Length: %zu\r\n%s%s%s",
		    strlen(body), prefer[0] != '\0' ? "Prefer: " : "", prefer,
		    prefer[0] != '\0' ? "\r\n" : "");
	n = snprintf(out, size,
	    "%s %s HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer %s\r\n%s\r\n%s",
	    method, path, token, more, body != NULL ? body : "");
	if (n < 0 || (size_t)n >= size)
		load_die("a request is too long");
	return (size_t)n;
}

static void
http_write(struct load *l, struct http *h, const char *request, size_t len)
{
	h->n_head = 0;
	h->in_body = false;
	/* A request is far smaller than the socket's buffer, so one write takes it. The
	 * next read notices a connection that the server has closed. */
	if (send(h->socket.fd, request, len, MSG_NOSIGNAL) != (ssize_t)len &&
	    errno != EPIPE && errno != ECONNRESET)
		load_die("a request was not written");
	(void)l;
}

void
http_ask(struct load *l, struct http *h, const char *request, size_t len)
{
	h->busy = true;
	if (h->connected) {
		http_write(l, h, request, len);
		return;
	}
	free(h->unsent);
	h->unsent = strndup(request, len);
}

static void
http_done(struct load *l, struct http *h, int status)
{
	h->busy = false;
	h->status = status;
	h->done(l, h);
}

/* Handles a connection that the server closed: connects again, and reports the request
 * that waits for an answer. */
static void
http_lost(struct load *l, struct http *h)
{
	const bool was_busy = h->busy;

	(void)close(h->socket.fd);
	http_connect(l, h);
	if (was_busy)
		http_done(l, h, 0);
}

/* Counts the bytes of the body. Returns true when it is complete. */
static bool
http_body(struct http *h, const char *data, size_t len)
{
	const size_t keep = len < sizeof(h->tail) ? len : sizeof(h->tail);

	if (!h->chunked) {
		h->body_left -= len < h->body_left ? len : h->body_left;
		return h->body_left == 0;
	}
	memmove(h->tail, h->tail + keep, sizeof(h->tail) - keep);
	memcpy(h->tail + sizeof(h->tail) - keep, data + len - keep, keep);
	return memcmp(h->tail, "0\r\n\r\n", sizeof(h->tail)) == 0;
}

static bool
http_head(struct http *h, const char *data, size_t len)
{
	const char *length, *end;
	const size_t room = sizeof(h->head) - 1 - h->n_head, had = h->n_head;
	const size_t n = len < room ? len : room;
	size_t used;

	memcpy(h->head + had, data, n);
	h->n_head += n;
	h->head[h->n_head] = '\0';
	end = strstr(h->head, "\r\n\r\n");
	if (end == NULL) {
		if (n == room)
			load_die("the head of an answer is too long");
		return false;
	}
	used = (size_t)(end - h->head) + 4;
	h->head[used - 1] = '\0';
	length = strcasestr(h->head, "\r\ncontent-length:");
	h->in_body = true;
	h->last = strcasestr(h->head, "\r\nconnection: close") != NULL;
	h->chunked = strcasestr(h->head, "\r\ntransfer-encoding: chunked") != NULL;
	h->body_left = length == NULL ? 0 : strtoul(length + 17, NULL, 10);
	memset(h->tail, 0, sizeof(h->tail));
	return http_body(h, data + (used - had), len - (used - had));
}

static void
http_ready(struct load *l, struct watched *w, unsigned events)
{
	struct http *h = (struct http *)w;
	ssize_t n;

	if (!h->connected) {
		if ((events & EPOLLERR) != 0)
			load_die("lighttpd refuses connections");
		h->connected = true;
		load_rewatch(l, &h->socket, EPOLLIN);
		if (h->unsent != NULL)
			http_write(l, h, h->unsent, strlen(h->unsent));
		free(h->unsent);
		h->unsent = NULL;
		return;
	}
	n = recv(h->socket.fd, in, sizeof(in), 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 || !h->busy) {
		http_lost(l, h);
		return;
	}
	if (!(h->in_body ? http_body(h, in, (size_t)n) : http_head(h, in, (size_t)n)))
		return;
	/* lighttpd closes a connection after server.max-keep-alive-requests. */
	if (h->last) {
		(void)close(h->socket.fd);
		http_connect(l, h);
	}
	http_done(l, h, (int)strtol(h->head + 9, NULL, 10));
}
