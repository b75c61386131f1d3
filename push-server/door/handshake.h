/* Handshakes under way: reads the request head of each accepted socket without blocking,
 * answers refusals in HTTP, and hands good handshakes and the bytes read so far to
 * ws.h. */
#ifndef PUSH_HANDSHAKE_H
#define PUSH_HANDSHAKE_H

#include "door/listen.h"

struct conns;
struct handshake;
struct origins;

/* conns and origins must outlive the struct. */
struct handshake *handshake_new(struct conns *conns, struct origins *origins);
/* Answers 503 to the handshakes under way. */
void handshake_free(struct handshake **h);

/* Starts the handshake of an accepted socket and takes over its descriptor. peer is the
 * client's numeric address, or "unix". */
void handshake_take(
    struct handshake *h, int fd, struct push_listen_kind kind, const char *peer);
/* Answers 503 with Retry-After immediately, whatever the request is. Takes over the
 * descriptor. */
void handshake_refuse_unread(struct handshake *h, int fd);

#endif
