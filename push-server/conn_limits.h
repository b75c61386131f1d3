/* How often an address may knock: a small table of GCRA stamps, per worker. IPv6
 * addresses count by their /64, loopback does not count. */
#ifndef PUSH_CONN_LIMITS_H
#define PUSH_CONN_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/attr.h"

struct conn_limits;

/* per_min 0: no limit. */
struct conn_limits *conn_limits_new(int64_t per_min);
void conn_limits_free(struct conn_limits **l);

/* May this address (numeric text; anything else is one address of its own) connect now?
 * If not, *retry_ms tells when. */
bool conn_limits_take(struct conn_limits *l, const char *address, int64_t now_ms,
    int64_t *retry_ms) ES_MUST_CHECK;

#endif
