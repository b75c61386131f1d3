#include "send/send_limit.h"

#include <string.h>

#include "core/check.h"
#include "limits/limits.h"
#include "redis/redis_async.h"

#include "core/banned.h"

/* maximum number of users and tenants to count while Redis is unreachable */
#define LOCAL_KEYS 10000

struct send_limit {
	struct loop_env *env;
	struct redis_async *redis;
	struct limits_local *local;
};

/* One check under way; the connection may be closed before Redis answers. */
struct question {
	struct send_limit *limit;
	struct tenant_id tenant;
	struct user_id user;
	struct limit of_user, of_tenant;
	send_limit_done *done;
	void *ctx;
};

struct send_limit *
send_limit_new(struct loop_env *env, struct redis_async *redis)
{
	struct send_limit *l = mem_new(1, sizeof(*l));

	l->env = env;
	l->redis = redis;
	l->local = limits_local_new(LOCAL_KEYS);
	return l;
}

void
send_limit_free(struct send_limit **l)
{
	if (*l == NULL)
		return;
	limits_local_free(&(*l)->local);
	mem_free(*l);
	*l = NULL;
}

static void
send_limit_answer(struct question *q, const struct limit_result *result)
{
	struct metrics *m = q->limit->env->metrics;
	const bool by_user = result->user.retry_after_ms > 0;
	const struct limit_state *s = by_user ? &result->user : &result->tenant;
	struct es_err err;

	if (result->allowed) {
		q->done(q->ctx, NULL);
	} else {
		metrics_add(
		    m, by_user ? PM_RATE_LIMITED_USER : PM_RATE_LIMITED_TENANT, 1);
		IGNORE(es_fail(&err, ES_RATE_LIMITED,
		    "more than %lld messages in %lld ms from one %s",
		    (long long)(s->quota == LIMIT_NOTHING ? 0 : s->quota),
		    (long long)s->window_ms, by_user ? "user" : "tenant"));
		err.retry_after_ms = (long)s->retry_after_ms;
		q->done(q->ctx, &err);
	}
	mem_free(q);
}

static void
send_limit_ask_locally(struct question *q)
{
	const unsigned workers = (unsigned)q->limit->env->conf->workers;
	const struct limit of_user = limit_share(&q->of_user, workers),
			   of_tenant = limit_share(&q->of_tenant, workers);
	struct limit_result result;

	limits_local_check(q->limit->local, &q->tenant, &q->user, &of_user, &of_tenant, 1,
	    clock_mono_ms(), &result);
	send_limit_answer(q, &result);
}

static void
send_limit_on_answer(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *why)
{
	struct question *q = ctx;
	struct limit_result result;
	struct es_err err;

	(void)why;
	if (rc == ES_OK)
		rc = limits_redis_decode(v, &q->of_user, &q->of_tenant, &result, &err);
	if (rc == ES_OK)
		send_limit_answer(q, &result);
	else
		send_limit_ask_locally(q);
}

void
send_limit_check(
    struct send_limit *l, const struct conn *c, send_limit_done *done, void *ctx)
{
	const int64_t user = limit_quota(c->user_quota),
		      tenant = limit_quota(c->tenant_rate);
	struct question *q = mem_new(1, sizeof(*q));
	struct limit_result closed;
	struct limits_request req;
	struct es_err err;

	*q = (struct question){
	    .limit = l,
	    .tenant = c->tenant,
	    .user = c->user,
	    .of_user = {"user-send", user, c->user_window_ms, user},
	    .of_tenant = {"tenant-send", tenant, 1000, 2 * tenant},
	    .done = done,
	    .ctx = ctx,
	};
	if (limit_closed(&q->of_user, &q->of_tenant, &closed)) {
		send_limit_answer(q, &closed);
		return;
	}
	limits_request_init(&req, &q->tenant, &q->user, &q->of_user, &q->of_tenant, 1);
	if (redis_async_eval(l->redis, &limits_redis_script, send_limit_on_answer, q,
		&err, LIMITS_REDIS_KEYS, req.argc, req.argv) != ES_OK)
		send_limit_ask_locally(q);
}
