#include "ws_client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "core/arena.h"
#include "core/check.h"
#include "core/clock.h"

#include "ws_wire.h"

#include "core/banned.h"

enum opcode { OP_MORE = 0, OP_TEXT = 1, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

struct ws_client {
	struct ws_wire wire;
	char text[WS_BUFFER + 1]; /* the message, put together from its frames */
	size_t len;
};

struct frame {
	bool fin;
	unsigned op;
	const unsigned char *data;
	size_t len, size; /* size with its head */
};

static void
base64(const unsigned char in[16], char out[25])
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	char *p = out;

	for (size_t i = 0; i < 18; i += 3) {
		const unsigned b = (unsigned)in[i % 16] << 16 |
		                   (i + 1 < 16 ? (unsigned)in[i + 1] << 8 : 0) |
		                   (i + 2 < 16 ? (unsigned)in[i + 2] : 0);

		for (int shift = 18; shift >= 0; shift -= 6)
			*p++ = digits[b >> shift & 63];
	}
	memcpy(out + 22, "==", 3);
}

/* The answer's head; Sec-WebSocket-Accept is not checked: it proves nothing to a tool. */
static bool
upgraded(struct ws_wire *w, int64_t timeout_ms, char why[WS_WHY])
{
	const int64_t deadline_ms = clock_mono_ms() + timeout_ms;
	const unsigned char *end;

	while ((end = memmem(w->data, w->len, "\r\n\r\n", 4)) == NULL)
		if (ws_wire_read(w, deadline_ms) <= 0) {
			(void)snprintf(why, WS_WHY,
			    "the server did not answer the WebSocket handshake");
			return false;
		}
	if (memcmp(w->data, "HTTP/1.1 101 ", 13) != 0) {
		(void)snprintf(why, WS_WHY,
		    "the server refused the WebSocket handshake: %.*s",
		    (int)strcspn((const char *)w->data, "\r"), (const char *)w->data);
		return false;
	}
	ws_wire_drop(w, (size_t)(end - w->data) + 4);
	return true;
}

static bool
ask_upgrade(struct ws_wire *w, const char *url, const char *bearer)
{
	const bool local = strncmp(url, "unix:", 5) == 0;
	const char *host = local ? "localhost/ws" : strstr(url, "://") + 3;
	const size_t host_len = strcspn(host, "/");
	struct arena *a = arena_new();
	unsigned char random[16];
	char key[25];
	const char *head;
	bool sent;

	CHECK(getrandom(random, sizeof(random), 0) == (ssize_t)sizeof(random));
	base64(random, key);
	head = arena_printf(a,
	    "GET %s HTTP/1.1\r\nHost: %.*s\r\nUpgrade: websocket\r\nConnection: "
	    "Upgrade\r\n"
	    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n"
	    "Authorization: Bearer %s\r\nUser-Agent: echostreamctl/" ES_VERSION
	    "\r\n\r\n",
	    host[host_len] != '\0' ? host + host_len : "/", (int)host_len, host, key,
	    bearer);
	sent = ws_wire_send(w, head, strlen(head));
	arena_free(&a);
	return sent;
}

struct ws_client *
ws_client_open(const char *url, const char *bearer, int64_t timeout_ms, char why[WS_WHY])
{
	struct ws_client *ws;

	if (strncmp(url, "ws://", 5) != 0 && strncmp(url, "wss://", 6) != 0 &&
	    strncmp(url, "unix:/", 6) != 0) {
		(void)snprintf(why, WS_WHY, "must begin with ws://, wss:// or unix:/");
		return NULL;
	}
	ws = mem_new(1, sizeof(*ws));
	(void)snprintf(why, WS_WHY, "the connection was lost");
	if (ws_wire_open(&ws->wire, url, timeout_ms, why) &&
	    ask_upgrade(&ws->wire, url, bearer) && upgraded(&ws->wire, timeout_ms, why))
		return ws;
	ws_client_close(&ws);
	return NULL;
}

void
ws_client_close(struct ws_client **ws)
{
	if (*ws == NULL)
		return;
	ws_wire_close(&(*ws)->wire);
	free(*ws);
	*ws = NULL;
}

static bool
send_frame(struct ws_client *ws, unsigned op, const void *data, size_t len)
{
	unsigned char *frame = mem_new(1, len + 8), *p = frame, mask[4];
	bool sent;

	CHECK(len <= UINT16_MAX &&
	      getrandom(mask, sizeof(mask), 0) == (ssize_t)sizeof(mask));
	*p++ = (unsigned char)(0x80 | op);
	*p++ = (unsigned char)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		*p++ = (unsigned char)(len >> 8);
		*p++ = (unsigned char)(len & 255);
	}
	memcpy(p, mask, 4);
	p += 4;
	for (size_t i = 0; i < len; i++)
		*p++ = ((const unsigned char *)data)[i] ^ mask[i % 4];
	sent = ws_wire_send(&ws->wire, frame, (size_t)(p - frame));
	free(frame);
	return sent;
}

bool
ws_client_send(struct ws_client *ws, const char *text, size_t len)
{
	return send_frame(ws, OP_TEXT, text, len);
}

/* 1: a whole frame; 0: more bytes are needed; -1: not for us. */
static int
take_frame(const struct ws_wire *w, struct frame *out)
{
	const unsigned char *d = w->data;
	uint64_t len;
	size_t head = 2;

	if (w->len < 2)
		return 0;
	if ((d[0] & 0x70) != 0 || (d[1] & 0x80) != 0) /* an extension, or masked */
		return -1;
	len = d[1];
	if (len >= 126) {
		const size_t bytes = len == 126 ? 2 : 8;

		head += bytes;
		if (w->len < head)
			return 0;
		len = 0;
		for (size_t i = 0; i < bytes; i++)
			len = len << 8 | d[2 + i];
	}
	if (len > WS_BUFFER - head)
		return -1;
	if (w->len < head + len)
		return 0;
	*out = (struct frame){.fin = (d[0] & 0x80) != 0,
	    .op = d[0] & 15,
	    .data = d + head,
	    .len = (size_t)len,
	    .size = head + (size_t)len};
	return 1;
}

static enum ws_got
closed(struct ws_client *ws, const struct frame *f, struct ws_message *out)
{
	*out = (struct ws_message){.text = ws->text, .code = 1006};
	ws->text[0] = '\0';
	if (f == NULL || f->len < 2)
		return WS_CLOSED;
	out->code = f->data[0] << 8 | f->data[1];
	out->len = f->len - 2;
	memcpy(ws->text, f->data + 2, out->len);
	ws->text[out->len] = '\0';
	return WS_CLOSED;
}

/* A frame's part in what the caller waits for; WS_QUIET: none. */
static enum ws_got
handle(struct ws_client *ws, const struct frame *f, struct ws_message *out)
{
	switch (f->op) {
	case OP_PING:
		return f->len <= 125 && send_frame(ws, OP_PONG, f->data, f->len)
		           ? WS_QUIET
		           : closed(ws, NULL, out);
	case OP_PONG:
		return WS_QUIET;
	case OP_TEXT:
	case OP_MORE:
		if (f->op == OP_TEXT)
			ws->len = 0;
		if (ws->len + f->len > WS_BUFFER)
			return closed(ws, NULL, out);
		memcpy(ws->text + ws->len, f->data, f->len);
		ws->len += f->len;
		ws->text[ws->len] = '\0';
		*out = (struct ws_message){.text = ws->text, .len = ws->len};
		return f->fin ? WS_TEXT : WS_QUIET;
	case OP_CLOSE:
		return closed(ws, f, out);
	default:
		return closed(ws, NULL, out);
	}
}

enum ws_got
ws_client_wait(struct ws_client *ws, int64_t wait_ms, struct ws_message *out)
{
	const int64_t deadline_ms = clock_mono_ms() + wait_ms;

	for (;;) {
		struct frame f;
		const int rc = take_frame(&ws->wire, &f);
		enum ws_got got;

		if (rc < 0)
			return closed(ws, NULL, out);
		if (rc == 0) {
			const int more = ws_wire_read(&ws->wire, deadline_ms);

			if (more < 0)
				return closed(ws, NULL, out);
			if (more == 0)
				return WS_QUIET;
			continue;
		}
		got = handle(ws, &f, out);
		ws_wire_drop(&ws->wire, f.size);
		if (got != WS_QUIET)
			return got;
	}
}
