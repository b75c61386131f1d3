/* Checks the rate limits of a user and a tenant: in Redis, or in this process while Redis
 * can't be reached. */
#ifndef LIMITS_LIMITS_H
#define LIMITS_LIMITS_H

#include "limits/limit.h"
#include "limits/limits_local.h"
#include "limits/limits_redis.h"

/* Charges cost events to the user and to the tenant, or to neither when one of the limits
 * refuses. A negative cost gives events back. Returns ES_OK in both cases: out->allowed
 * is the result. While Redis can't be reached, each of the processes counts its share of
 * the limits in local. */
enum es_code limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err) ES_MUST_CHECK;

/* limits_check() for the limit of a user alone, in two steps, for work that the caller
 * does while Redis counts. limits_send() returns true when it has sent the check; then
 * the caller must call limits_receive(). When limits_receive() returns false, there is no
 * result, and the caller uses limits_check(). */
bool limits_send(struct redis *r, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    struct arena *a) ES_MUST_CHECK;
bool limits_receive(struct redis *r, const struct limit *user_limit, struct arena *a,
    struct limit_result *out) ES_MUST_CHECK;

#endif
