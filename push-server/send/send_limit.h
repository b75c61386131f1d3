/* Checks the rate limits of sends, for the user and for the tenant, without blocking. The
 * counts are in Redis, or in this process while Redis is unreachable. */
#ifndef PUSH_SEND_LIMIT_H
#define PUSH_SEND_LIMIT_H

#include "conn/conn.h"
#include "core/err.h"
#include "limits/limits_redis.h"
#include "queue/queue_guard.h"

struct redis_async;
struct send_limit;

/* The charge of one message by the guard of the queue. */
struct send_charge {
	struct send_limit *limit;
	struct limit of_user, of_tenant;
	struct limits_request request;
	struct queue_guard guard;
};

/* refused is NULL when the send is allowed. Called exactly once, perhaps before
 * send_limit_check() returns. */
typedef void send_limit_done(void *ctx, const struct es_err *refused);

/* env and redis must outlive the struct. */
struct send_limit *send_limit_new(struct loop_env *env, struct redis_async *redis);
void send_limit_free(struct send_limit **l);
void send_limit_check(
    struct send_limit *l, const struct conn *c, send_limit_done *done, void *ctx);

/* True when the send of a message can charge the connection's limits itself: the queue is
 * in the Redis of the limits, and no limit is 0. */
bool send_limit_has_guard(const struct send_limit *l, const struct conn *c);
/* Makes the guard that charges one message. It refuses with ES_RATE_LIMITED. Free the
 * result after the send has ended. */
struct send_charge *send_limit_guard(struct send_limit *l, const struct conn *c);

#endif
