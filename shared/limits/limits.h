/* Rate limits: GCRA (ITU-T I.371 Annex A; one timestamp per key) in Redis, user and
 * tenant in one script call; nothing is charged when either refuses. Local fallback
 * without Redis. */
#ifndef LIMITS_LIMITS_H
#define LIMITS_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/id.h"
#include "redis/redis.h"

/* What clients and operators write: 0 lets nothing pass, and null is no limit. Inside, a
 * quota of 0 is no limit, and this one lets nothing pass. */
#define LIMIT_NOTHING (-1)
/* The quota for a number that was written; below 0: null. */
int64_t limit_quota(int64_t written);

/* quota events per window_ms, of which burst may come at once (a cost above it never
 * passes). quota 0: no limit; LIMIT_NOTHING: none of them. An event's share of the window
 * is rounded down to whole microseconds. */
#define LIMIT_POLICY_MAX 32
struct limit {
	const char *policy; /* "user-send", "tenant-send": names exactly one counter */
	int64_t quota, window_ms, burst;
};

struct limit_state {
	const char *policy;
	int64_t quota, window_ms;
	int64_t remaining;      /* events that would pass now; -1: no limit */
	int64_t reset_ms;       /* until remaining is full again */
	int64_t retry_after_ms; /* > 0 only when refused by this limit */
};

struct limit_result {
	bool allowed;
	bool local; /* Redis was away: counted in this process only */
	struct limit_state user, tenant;
};

/* True when one of them lets nothing pass: *out refuses, and no counter is to be asked.
 */
bool limit_quota_closed(const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out);

/* Keys, script and arguments of one check; shared by the blocking and the async caller.
 */
#define LIMIT_ARGS 12
#define LIMIT_KEYS 2
struct limit_request {
	char user_key[128], tenant_key[96];
	char numbers[7][24];
	struct redis_arg argv[LIMIT_ARGS]; /* without EVALSHA, sha and key count */
	size_t argc;
};
void limit_request_init(struct limit_request *req, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost);
extern struct redis_script limit_script;
enum es_code limit_result_decode(const struct redis_value *v,
    const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out, struct es_err *err) ES_MUST_CHECK;

/* One process's part of a limit, rounded up; for limits_local_check. */
struct limit limit_share(const struct limit *limit, unsigned processes);

/* Counters of this process only, used while Redis is away: bounded number of keys. */
struct limits_local;
struct limits_local *limits_local_new(size_t max_keys);
void limits_local_free(struct limits_local **l);
void limits_local_check(struct limits_local *l, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost, int64_t now_ms,
    struct limit_result *out);

/* Charge cost events of the user and the tenant, or none. ES_OK also when refused: look
 * at out->allowed. Falls back to local (limits divided by processes) when Redis is away.
 */
enum es_code limits_check(struct redis *r, struct limits_local *local, unsigned processes,
    const struct tenant_id *tenant, const struct user_id *user,
    const struct limit *user_limit, const struct limit *tenant_limit, int64_t cost,
    struct arena *a, struct limit_result *out, struct es_err *err) ES_MUST_CHECK;

#endif
