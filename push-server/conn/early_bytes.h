/* Limits on the memory that a worker holds for clients before hello: request heads,
 * tokens, waiting frames and fragments. Unauthenticated clients send these bytes, so each
 * socket has a limit (ES_PUSH_EARLY_BYTES), and so has the worker
 * (ES_PUSH_EARLY_TOTAL_BYTES). */
#ifndef PUSH_EARLY_BYTES_H
#define PUSH_EARLY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct conn;
struct conns;

/* Count n bytes of a request head, which has no connection yet. When the worker's limit
 * would be exceeded, counts nothing and returns false. */
bool early_bytes_reserve(struct conns *t, size_t n) ES_MUST_CHECK;
void early_bytes_release(struct conns *t, size_t n);

/* Decides whether the unfinished message may grow to message_len bytes before hello.
 * Returns 0 if it may, otherwise the close code, with its reason in *why: 1009 when the
 * message alone exceeds the socket's limit, 4005 when the message and the waiting bytes
 * exceed it together, 4100 when the worker's limit would be exceeded. */
uint16_t early_bytes_refusal(
    const struct conn *c, size_t message_len, const char **why) ES_MUST_CHECK;
/* Count the early bytes of a connection again after its buffers have changed. Does
 * nothing after hello. */
void early_bytes_count(struct conn *c);
/* Call when hello is sent or the connection is freed: subtracts all early bytes of the
 * connection. */
void early_bytes_end(struct conn *c);

#endif
