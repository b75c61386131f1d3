/* A WebSocket client on libwebsockets: alone with a loop of its own, or one of many on
 * the same loop. It uses no extensions. A message of the server may have at most 1 MiB.
 */
#ifndef CTL_WS_CLIENT_H
#define CTL_WS_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct ws_client;

#define WS_WHY         160
#define WS_MESSAGE_MAX (1UL << 20)
#define WS_SEND_MAX    4096 /* maximum bytes of one message that this client sends */

/* Connects. url: ws://, wss://, or unix:/path for a socket of push-server. Returns NULL,
 * with the reason in why, when the server can't be reached or does not upgrade. bearer
 * must outlive the client. */
struct ws_client *ws_client_open(
    const char *url, const char *bearer, int64_t timeout_ms, char why[WS_WHY]);
void ws_client_close(struct ws_client **ws);

/* Queues one text message; ws_client_wait sends it. */
void ws_client_send(struct ws_client *ws, const char *text, size_t len);

enum ws_got {
	WS_TEXT,   /* *text is a whole message, valid until the next call */
	WS_QUIET,  /* nothing came in time */
	WS_CLOSED, /* closed by the server with code and reason, or lost (code 1006) */
};
struct ws_message {
	const char *text; /* or the reason of the close; NUL-terminated */
	size_t len;
	int code;
};
/* Sends queued texts, answers pings, and waits for one message. */
enum ws_got ws_client_wait(struct ws_client *ws, int64_t wait_ms, struct ws_message *out);

/* One loop for many clients. */
struct ws_loop;

/* url tells whether the clients need TLS. descriptors: maximum number of sockets; 0: as
 * many as the process may open. */
struct ws_loop *ws_loop_new(const char *url, unsigned descriptors);
/* Closes the sockets of its clients, and calls no handler. Then free each client by
 * ws_client_close(). */
void ws_loop_free(struct ws_loop **loop);
/* Handles what is ready, or waits for it, but not longer than wait_us microseconds.
 * Returns false when the loop can't go on. */
bool ws_loop_turn(struct ws_loop *loop, int64_t wait_us) ES_MUST_CHECK;

struct ws_handler {
	void (*opened)(void *ctx);
	/* text is a whole message, valid during the call */
	void (*text)(void *ctx, const char *text, size_t len);
	/* The connection ended, or was never made. No further call follows. */
	void (*closed)(void *ctx, const char *why);
};
/* Begins to connect; url as for ws_client_open(). May call `closed` before it returns.
 * bearer must outlive the client. */
struct ws_client *ws_client_begin(struct ws_loop *loop, const char *url,
    const char *bearer, const struct ws_handler *handler, void *ctx);

#endif
