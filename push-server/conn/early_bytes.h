/* What a worker holds for clients before hello: request heads being read, the token,
 * frames and fragments that wait. Anybody may send these bytes, so they are bounded for
 * each socket (ES_PUSH_EARLY_BYTES) and in sum (ES_PUSH_EARLY_TOTAL_BYTES). */
#ifndef PUSH_EARLY_BYTES_H
#define PUSH_EARLY_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/attr.h"

struct conn;
struct conns;

/* Count n bytes that belong to no connection yet. False, and nothing is counted: the sum
 * would pass its limit. */
bool early_bytes_reserve(struct conns *t, size_t n) ES_MUST_CHECK;
void early_bytes_release(struct conns *t, size_t n);

/* Before hello: may the message being received grow to this many bytes? 0, or the code
 * to close with and why: 1009 for a message above the socket's limit, 4005 when it is too
 * much with what waits, 4100 when the worker holds too much in sum. */
uint16_t early_bytes_refusal(
    const struct conn *c, size_t message_len, const char **why) ES_MUST_CHECK;
/* Its buffers have changed. Does nothing after hello. */
void early_bytes_count(struct conn *c);
/* hello is sent, or the connection is freed: nothing of it counts any more. */
void early_bytes_end(struct conn *c);

#endif
