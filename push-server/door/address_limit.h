/* Handshakes a minute of one client address: a table of GCRA stamps, one per worker. IPv6
 * addresses count by their /64. Loopback is not limited. */
#ifndef PUSH_ADDRESS_LIMIT_H
#define PUSH_ADDRESS_LIMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

struct address_limit;

/* per_min 0: no limit. */
struct address_limit *address_limit_new(int64_t per_min);
void address_limit_free(struct address_limit **l);

/* May this address (numeric text; anything else is one address of its own) connect now?
 * If not, *retry_ms tells when. */
bool address_limit_take(struct address_limit *l, const char *address, int64_t now_ms,
    int64_t *retry_ms) ES_MUST_CHECK;

#endif
