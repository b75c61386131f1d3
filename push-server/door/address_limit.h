/* Limits the handshakes a minute of each client address, by a table of GCRA stamps in
 * each worker. The IPv6 addresses of one /64 share a limit. Loopback addresses have
 * none. */
#ifndef PUSH_ADDRESS_LIMIT_H
#define PUSH_ADDRESS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

struct address_limit;

/* per_min 0: no limit. */
struct address_limit *address_limit_new(int64_t per_min);
void address_limit_free(struct address_limit **l);

/* Sets a new limit. Handshakes before the change stay charged at the old rate. */
void address_limit_set(struct address_limit *l, int64_t per_min);

/* Returns true when a client of this address may connect now. Otherwise *retry_ms is the
 * time to wait, in milliseconds. address is numeric text; any other text counts as an
 * address of its own. */
bool address_limit_take(struct address_limit *l, const char *address, int64_t now_ms,
    int64_t *retry_ms) ES_MUST_CHECK;

#endif
