/* The socket of one client: connects, upgrades, reads frames, reconnects. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storm.h"

#define PATIENCE_MS 15000 /* time-out for connect, upgrade, hello and resume together */
#define ADDRESSES   8     /* 127.0.0.2 and following: each address has its own ports */
#define MIN_MS      500   /* limits of the back-off until hello sends other limits */
#define MAX_MS      30000

static char buf[1 << 18];

void
client_phase(struct storm *s, struct client *c, enum phase next)
{
	const bool was = c->phase != AWAY && c->phase != RESUMED;
	const bool is = next != AWAY && next != RESUMED;

	s->under_way += (unsigned)is - (unsigned)was;
	c->phase = next;
}

static void
watch(struct storm *s, struct client *c, int op, unsigned events)
{
	struct epoll_event ev = {.events = events, .data.ptr = c};

	if (epoll_ctl(s->epoll, op, c->fd, &ev) != 0) {
		perror("epoll_ctl");
		exit(2);
	}
}

void
client_connect(struct storm *s, struct client *c)
{
	const struct linger rst = {1, 0};
	const int on = 1;
	struct sockaddr_in from = {.sin_family = AF_INET};

	s->counts.attempts++;
	if (c->was_cut && c->tried_ms == 0)
		c->tried_ms = s->now_ms;
	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + c->index % ADDRESSES);
	if (c->fd < 0 ||
	    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) !=
		0 ||
	    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0 ||
	    /* close by RST, so that the driver's sockets leave no TIME_WAIT */
	    setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &rst, sizeof(rst)) != 0 ||
	    bind(c->fd, (struct sockaddr *)&from, sizeof(from)) != 0) {
		perror("socket");
		exit(2);
	}
	client_phase(s, c, CONNECTING);
	c->due_ms = s->now_ms + PATIENCE_MS;
	watch(s, c, EPOLL_CTL_ADD, EPOLLOUT);
	if (connect(c->fd, (struct sockaddr *)&s->servers[c->server],
		sizeof(s->servers[0])) != 0 &&
	    errno != EINPROGRESS)
		client_lost(s, c, true);
}

/* Full jitter: a random time from now up to a limit. The limit doubles with each failed
 * attempt. */
static int64_t
backoff(struct client *c)
{
	int64_t ceiling = c->min_ms > 0 ? c->min_ms : MIN_MS;
	const int64_t limit = c->max_ms > 0 ? c->max_ms : MAX_MS;

	for (unsigned i = 0; i < c->tries && ceiling < limit; i++)
		ceiling *= 2;
	return storm_random((ceiling < limit ? ceiling : limit) + 1);
}

void
client_lost(struct storm *s, struct client *c, bool failed)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	free(c->rest);
	c->rest = NULL;
	c->n_rest = 0;
	if (failed)
		c->tries++;
	if (failed || c->phase == RESUMED || c->phase == RESUMING || c->advised_ms != 0)
		c->server = (c->server + 1) % s->n_servers;
	if (c->phase == RESUMED)
		c->was_cut = true;
	if (s->no_backoff && !failed)
		c->due_ms = s->now_ms;
	else
		c->due_ms = c->advised_ms > 0 ? c->advised_ms : s->now_ms + backoff(c);
	c->advised_ms = 0;
	client_phase(s, c, AWAY);
}

void
client_cut(struct storm *s, struct client *c)
{
	s->counts.cut++;
	client_lost(s, c, false);
}

static void
put(struct storm *s, struct client *c, const char *data, size_t len)
{
	/* A frame is far smaller than the send buffer, so one send() takes it. */
	if (send(c->fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		client_lost(s, c, true);
	else
		s->counts.bytes_out += len;
}

void
client_send(struct storm *s, struct client *c, int opcode, const char *data, size_t len)
{
	char frame[8192];
	size_t n = 0;

	frame[n++] = (char)(0x80 | opcode);
	if (len < 126) {
		frame[n++] = (char)(0x80 | len);
	} else {
		frame[n++] = (char)(0x80 | 126);
		frame[n++] = (char)(len >> 8);
		frame[n++] = (char)len;
	}
	memset(frame + n, 0, 4); /* a mask of zeros is valid */
	n += 4;
	if (len > sizeof(frame) - n)
		abort();
	memcpy(frame + n, data, len);
	put(s, c, frame, n + len);
}

static void
upgrade(struct storm *s, struct client *c)
{
	char head[4096];
	int error = 0;
	socklen_t size = sizeof(error);
	int n;

	if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) {
		s->counts.failed_connects++;
		client_lost(s, c, true);
		return;
	}
	n = snprintf(head, sizeof(head),
	    "GET /ws?token=%s HTTP/1.1\r\nHost: storm\r\nUpgrade: websocket\r\n"
	    "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	    "Sec-WebSocket-Version: 13\r\n\r\n",
	    c->token);
	client_phase(s, c, UPGRADING);
	watch(s, c, EPOLL_CTL_MOD, EPOLLIN);
	put(s, c, head, (size_t)n);
}

/* Returns the number of bytes used; 0: the head is not complete. */
static size_t
take_head(struct storm *s, struct client *c, char *data, size_t len)
{
	char *end = memmem(data, len, "\r\n\r\n", 4), *retry;
	int status = 0;

	if (end == NULL)
		return 0;
	*end = '\0';
	(void)sscanf(data, "HTTP/1.1 %d", &status);
	if (status == 101) {
		c->upgraded_ms = s->now_ms;
		client_phase(s, c, GREETING);
		return (size_t)(end - data) + 4;
	}
	s->counts.codes[status > 0 && status < STATUS_MAX ? status : 1]++;
	retry = strcasestr(data, "\r\nretry-after:");
	if (retry != NULL)
		c->advised_ms =
		    s->now_ms + 1000 * strtol(retry + 14, NULL, 10) + storm_random(1000);
	client_lost(s, c, true);
	return 0;
}

static size_t
take_frame(struct storm *s, struct client *c, char *data, size_t len)
{
	const unsigned char *p = (const unsigned char *)data;
	size_t head = 2, size;
	char saved;

	if (len < 2)
		return 0;
	size = p[1] & 0x7f;
	if (size == 126) {
		head = 4;
		size = len < 4 ? SIZE_MAX / 2 : (size_t)(p[2] << 8 | p[3]);
	} else if (size == 127) {
		abort(); /* no frame of the server is that long */
	}
	if (len < head || len - head < size)
		return 0;
	saved = data[head + size];
	data[head + size] = '\0'; /* buf has room for one more byte */
	if ((p[0] & 15) == 1)
		frames_text(s, c, data + head);
	else if ((p[0] & 15) == 9)
		client_send(s, c, 10, data + head, size);
	else if ((p[0] & 15) == 8) {
		s->counts
		    .codes[size >= 2 ? (p[head] << 8 | p[head + 1]) % CODES_MAX : 5]++;
		client_lost(s, c, c->phase != RESUMED && c->phase != RESUMING);
		return 0;
	}
	data[head + size] = saved;
	return head + size;
}

static void
on_readable(struct storm *s, struct client *c)
{
	size_t at = 0, len = c->n_rest;
	ssize_t n;

	if (len > 0)
		memcpy(buf, c->rest, len);
	n = recv(c->fd, buf + len, sizeof(buf) - 1 - len, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		s->counts.codes[0]++;
		client_lost(s, c, c->phase != RESUMED && c->phase != RESUMING);
		return;
	}
	s->counts.bytes_in += (uint64_t)n;
	len += (size_t)n;
	while (at < len) {
		const size_t used = c->phase == UPGRADING
		                        ? take_head(s, c, buf + at, len - at)
		                        : take_frame(s, c, buf + at, len - at);

		if (c->phase == AWAY)
			return;
		if (used == 0)
			break;
		at += used;
	}
	free(c->rest);
	c->n_rest = len - at;
	c->rest = c->n_rest > 0 ? malloc(c->n_rest) : NULL;
	if (c->n_rest > 0)
		memcpy(c->rest, buf + at, c->n_rest);
}

void
client_event(struct storm *s, struct client *c, unsigned events)
{
	if (c->fd < 0)
		return;
	if (c->phase == CONNECTING)
		upgrade(s, c);
	else if ((events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
		on_readable(s, c);
}

void
client_tick(struct storm *s, struct client *c)
{
	if (c->phase == AWAY && s->now_ms >= c->due_ms) {
		client_connect(s, c);
	} else if (c->phase == RESUMING && c->again_ms > 0 && s->now_ms >= c->again_ms) {
		frames_resume(s, c);
	} else if (c->phase >= CONNECTING && c->phase <= RESUMING &&
		   s->now_ms >= c->due_ms) {
		s->counts.timeouts++;
		client_lost(s, c, true);
	} else if (c->phase == RESUMED && c->advised_ms > 0 &&
		   s->now_ms >= c->advised_ms) {
		client_lost(s, c, false);
	} else if (c->phase == RESUMED && c->react_ms > 0 && s->now_ms >= c->react_ms) {
		c->react_ms = 0;
		frames_react(s, c);
	}
}
