/* A client whose connection has just been accepted, on a socket pair. The test writes the
 * client's bytes, and door/handshake.c answers them. */
#ifndef TESTS_PUSH_CALLER_H
#define TESTS_PUSH_CALLER_H

#include "door/listen.h"
#include "rig.h"

/* A good handshake without its request line and its empty last line. */
#define UP \
	"Host: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

extern struct rig caller_rig;
extern struct client caller;

/* Starts a worker with these settings: ES_TRUSTED_PROXIES, and handshakes a minute of one
 * address. */
void caller_up_with(const char *trusted, int64_t per_min);
void caller_down(void);
/* Passes a new client to the handshake. peer: its numeric address, or "unix". */
void caller_connect_at(struct push_listen_kind kind, const char *peer);
void caller_connect(bool is_unix, const char *peer);
void caller_send(const char *text);
void caller_send_bytes(const char *bytes, size_t len);
/* Returns the whole answer. Fails the test when the worker then leaves the connection
 * open. */
const char *caller_answer(void);

#endif
