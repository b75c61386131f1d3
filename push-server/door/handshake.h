/* The front desk: reads a socket's request head without waiting, answers refusals in HTTP
 * and hands good handshakes to ws.h with what was read. */
#ifndef PUSH_HANDSHAKE_H
#define PUSH_HANDSHAKE_H

#include <stdbool.h>

struct conns;
struct handshake;
struct origins;

/* conns and origins outlive it. */
struct handshake *handshake_new(struct conns *conns, struct origins *origins);
void handshake_free(struct handshake **d); /* cuts who is still there */

/* fd is the desk's from here on. peer is the numeric address; X-Forwarded-For is believed
 * on unix sockets only, where the peer is our own front. */
void handshake_take(struct handshake *d, int fd, bool is_unix, const char *peer);

#endif
