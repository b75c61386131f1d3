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

static enum es_code
send_limit_verdict(
    struct send_limit *l, const struct limit_result *result, struct es_err *err)
{
	const bool by_user = result->user.retry_after_ms > 0;
	const struct limit_state *s = by_user ? &result->user : &result->tenant;

	if (result->allowed)
		return ES_OK;
	metrics_add(
	    l->env->metrics, by_user ? PM_RATE_LIMITED_USER : PM_RATE_LIMITED_TENANT, 1);
	IGNORE(es_fail(err, ES_RATE_LIMITED,
	    "more than %lld messages in %lld ms from one %s",
	    (long long)(s->quota == LIMIT_NOTHING ? 0 : s->quota),
	    (long long)s->window_ms, by_user ? "user" : "tenant"));
	err->retry_after_ms = (long)s->retry_after_ms;
	return ES_RATE_LIMITED;
}

static void
send_limit_answer(struct question *q, const struct limit_result *result)
{
	struct es_err err;

	if (send_limit_verdict(q->limit, result, &err) == ES_OK)
		q->done(q->ctx, NULL);
	else
		q->done(q->ctx, &err);
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

static struct limit
send_limit_of_user(const struct conn *c)
{
	const int64_t quota = limit_quota(c->user_quota);

	return (struct limit){"user-send", quota, c->user_window_ms, quota};
}

static struct limit
send_limit_of_tenant(const struct conn *c)
{
	const int64_t quota = limit_quota(c->tenant_rate);

	return (struct limit){"tenant-send", quota, 1000, 2 * quota};
}

void
send_limit_check(
    struct send_limit *l, const struct conn *c, send_limit_done *done, void *ctx)
{
	struct question *q = mem_new(1, sizeof(*q));
	struct limit_result closed;
	struct limits_request req;
	struct es_err err;

	*q = (struct question){
	    .limit = l,
	    .tenant = c->tenant,
	    .user = c->user,
	    .of_user = send_limit_of_user(c),
	    .of_tenant = send_limit_of_tenant(c),
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

bool
send_limit_has_guard(const struct send_limit *l, const struct conn *c)
{
	const struct conf_common *conf = &l->env->conf->common;
	const struct limit user = send_limit_of_user(c), tenant = send_limit_of_tenant(c);
	struct limit_result closed;

	return queue_guard_fits(
		   conf->queue_url, conf->queue_redis_url, conf->redis_url) &&
	       !limit_closed(&user, &tenant, &closed);
}

static enum es_code
send_limit_read_verdict(void *ctx, const struct redis_value *verdict, struct es_err *err)
{
	const struct send_charge *charge = ctx;
	struct limit_result result;

	TRY(limits_redis_decode(
	    verdict, &charge->of_user, &charge->of_tenant, &result, err));
	return send_limit_verdict(charge->limit, &result, err);
}

struct send_charge *
send_limit_guard(struct send_limit *l, const struct conn *c)
{
	struct send_charge *charge = mem_new(1, sizeof(*charge));

	charge->limit = l;
	charge->of_user = send_limit_of_user(c);
	charge->of_tenant = send_limit_of_tenant(c);
	limits_request_init(&charge->request, &c->tenant, &c->user, &charge->of_user,
	    &charge->of_tenant, 1);
	charge->guard = (struct queue_guard){.script = &limits_redis_script,
	    .argv = charge->request.argv,
	    .n_keys = LIMITS_REDIS_KEYS,
	    .argc = charge->request.argc,
	    .read = send_limit_read_verdict,
	    .ctx = charge};
	return charge;
}
