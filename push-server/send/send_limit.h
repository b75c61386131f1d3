/* Checks the rate limits of sends, for the user and for the tenant, without blocking. The
 * counts are in Redis, or in this process while Redis is unreachable. */
#ifndef PUSH_SEND_LIMIT_H
#define PUSH_SEND_LIMIT_H

#include "conn/conn.h"
#include "core/err.h"
#include "redis/redis.h"

struct redis_async;
struct send_limit;

/* refused is NULL when the send is allowed. Called exactly once, perhaps before
 * send_limit_check() returns. */
typedef void send_limit_done(void *ctx, const struct es_err *refused);

/* env and redis must outlive the struct. */
struct send_limit *send_limit_new(struct loop_env *env, struct redis_async *redis);
void send_limit_free(struct send_limit **l);
void send_limit_check(
    struct send_limit *l, const struct conn *c, send_limit_done *done, void *ctx);

#endif
