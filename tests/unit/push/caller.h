/* A client that has just been accepted, on a socket pair: what it says is the test's, and
 * what it hears comes from door/handshake.c. */
#ifndef TESTS_PUSH_CALLER_H
#define TESTS_PUSH_CALLER_H

#include "door/listen.h"
#include "rig.h"

/* A good handshake but for its first line and the empty one at its end. */
#define UP \
	"Host: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"

extern struct rig caller_rig;
extern struct client caller;

/* A worker with other settings: ES_TRUSTED_PROXIES, handshakes of an address a minute. */
void caller_up_with(const char *trusted, int64_t per_min);
void caller_down(void);
/* peer: numeric address, or "unix". */
void caller_arrive_at(struct push_listen_kind kind, const char *peer);
void caller_arrive(bool is_unix, const char *peer);
void caller_say(const char *text);
void caller_say_bytes(const char *bytes, size_t len);
/* The whole answer, after which the connection ends. */
const char *caller_heard(void);

#endif
