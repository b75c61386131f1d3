/* The rate limit of sends, of the user and of the tenant, asked without waiting: in
 * Redis, or in this process while Redis is away. */
#ifndef PUSH_SEND_LIMIT_H
#define PUSH_SEND_LIMIT_H

#include "conn/conn.h"
#include "core/err.h"
#include "redis/redis.h"

struct redis_async;
struct send_limit;

/* refused NULL: go on. Called exactly once, perhaps from inside. */
typedef void send_limit_done(void *ctx, const struct es_err *refused);

/* env and redis outlive it. */
struct send_limit *send_limit_new(struct loop_env *env, struct redis_async *redis);
void send_limit_free(struct send_limit **l);
void send_limit_check(
    struct send_limit *l, const struct conn *c, send_limit_done *done, void *ctx);

#endif
