/* Handshakes under way: reads the request head of each accepted socket without waiting,
 * answers refusals in HTTP, and hands good handshakes to ws.h with what was read. */
#ifndef PUSH_HANDSHAKE_H
#define PUSH_HANDSHAKE_H

#include "door/listen.h"

struct conns;
struct handshake;
struct origins;

/* conns and origins outlive it. */
struct handshake *handshake_new(struct conns *conns, struct origins *origins);
/* Answers 503 to requests whose head is not complete. */
void handshake_free(struct handshake **h);

/* Takes over the descriptor. peer: its numeric address, or "unix". */
void handshake_take(
    struct handshake *h, int fd, struct push_listen_kind kind, const char *peer);
/* 503 with Retry-After at once, whatever the request is. Takes over the descriptor. */
void handshake_refuse_unread(struct handshake *h, int fd);

#endif
