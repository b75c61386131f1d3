/* Counters of limits in Redis: GCRA (ITU-T I.371, Annex A), with one timestamp for each
 * counter. One call of the script checks user and tenant and charges nothing when one
 * refuses. */
#ifndef LIMITS_LIMITS_REDIS_H
#define LIMITS_LIMITS_REDIS_H

#include "core/err.h"
#include "core/id.h"
#include "limits/limit.h"
#include "redis/redis.h"

/* Keys and arguments of one check, for a blocking and a non-blocking caller. */
#define LIMITS_REDIS_ARGS 12
#define LIMITS_REDIS_KEYS 2
struct limits_request {
	char user_key[128], tenant_key[96];
	char numbers[7][24];
	/* the script's keys and arguments, without EVALSHA, digest and number of keys */
	struct redis_arg argv[LIMITS_REDIS_ARGS];
	size_t argc;
};
void limits_request_init(struct limits_request *req, const struct tenant_id *tenant,
    const struct user_id *user, const struct limit *user_limit,
    const struct limit *tenant_limit, int64_t cost);

extern struct redis_script limits_redis_script;

/* Reads the script's reply. Returns ES_INTERNAL when the reply has another form. */
enum es_code limits_redis_decode(const struct redis_value *v,
    const struct limit *user_limit, const struct limit *tenant_limit,
    struct limit_result *out, struct es_err *err) ES_MUST_CHECK;

#endif
