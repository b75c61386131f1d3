/* Counters of limits in this process only, for the time in which Redis can't be reached.
 * The number of keys is bounded: a flood of new keys evicts old counters. */
#ifndef LIMITS_LIMITS_LOCAL_H
#define LIMITS_LIMITS_LOCAL_H

#include <stddef.h>

#include "core/id.h"
#include "limits/limit.h"

struct limits_local;
struct limits_local *limits_local_new(size_t max_keys);
void limits_local_free(struct limits_local **l);
void limits_local_check(struct limits_local *l, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost, int64_t now_ms,
    struct limit_result *out);

#endif
