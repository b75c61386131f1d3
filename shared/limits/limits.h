/* Checks the rate limits of a user and a tenant: in Redis, or in this process while Redis
 * can't be reached. */
#ifndef LIMITS_LIMITS_H
#define LIMITS_LIMITS_H

#include "limits/limit.h"
#include "limits/limits_local.h"
#include "limits/limits_redis.h"

/* Charges cost events to the user and to the tenant, or to neither when one of the limits
 * refuses. Returns ES_OK in both cases: out->allowed is the result. While Redis can't be
 * reached, each of the processes counts its share of the limits in local. */
enum es_code limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err) ES_MUST_CHECK;

#endif
