#include "who/conn_lease.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "redis/redis_async.h"

#include "core/banned.h"

/* In ms. The worker renews a lease once in a ping interval of 25 s, so that the lease
 * survives one lost renewal. */
#define LEASE_MS "60000"

struct redis_script conn_lease_script = {
    .text = "local t = redis.call('TIME') "
	    "local now = t[1] * 1000 + math.floor(t[2] / 1000) "
	    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now) "
	    "if not redis.call('ZSCORE', KEYS[1], ARGV[1]) "
	    "and redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[3]) then return 0 end "
	    "redis.call('ZADD', KEYS[1], now + ARGV[2], ARGV[1]) "
	    "redis.call('PEXPIRE', KEYS[1], ARGV[2]) "
	    "return 1",
};

struct lease_try {
	struct conn_ref ref;
	conn_lease_done *done;
	void *ctx;
};

static void
conn_lease_key_of(const struct conn *c, char out[128])
{
	(void)snprintf(out, 128, "es:l:{%s}:conns:%s", c->tenant.text, c->user.text);
}

static void
conn_lease_on_answer(
    void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct lease_try try = *(struct lease_try *)ctx;
	const bool refused = rc == ES_OK && v->kind == REDIS_INT && v->num == 0;

	(void)err;
	mem_free(ctx);
	if (try.done != NULL)
		try.done(try.ctx, try.ref, !refused);
}

static void
conn_lease_ask(
    struct redis_async *redis, struct conn *c, conn_lease_done *done, void *ctx)
{
	struct lease_try *try = mem_new(1, sizeof(*try));
	struct es_err err;
	char key[128], max[24];
	struct redis_arg argv[4];

	conn_lease_key_of(c, key);
	(void)snprintf(
	    max, sizeof(max), "%lld", (long long)c->conns->env->conf->user_connections);
	argv[0] = (struct redis_arg){key, strlen(key)};
	argv[1] = (struct redis_arg){c->id.text, strlen(c->id.text)};
	argv[2] = (struct redis_arg){LEASE_MS, strlen(LEASE_MS)};
	argv[3] = (struct redis_arg){max, strlen(max)};
	*try = (struct lease_try){.ref = c->ref, .done = done, .ctx = ctx};
	c->auth.leased = true;
	if (redis_async_eval(redis, &conn_lease_script, conn_lease_on_answer, try, &err,
		1, ES_COUNT(argv), argv) == ES_OK)
		return;
	mem_free(try);
	if (done != NULL)
		done(ctx, c->ref, true);
}

void
conn_lease_take(
    struct redis_async *redis, struct conn *c, conn_lease_done *done, void *ctx)
{
	conn_lease_ask(redis, c, done, ctx);
}

void
conn_lease_renew(struct redis_async *redis, struct conn *c)
{
	if (c->auth.leased)
		conn_lease_ask(redis, c, NULL, NULL);
}

void
conn_lease_drop(struct redis_async *redis, struct conn *c)
{
	struct es_err err;
	char key[128];

	if (!c->auth.leased)
		return;
	c->auth.leased = false;
	conn_lease_key_of(c, key);
	IGNORE(redis_async_text(redis, NULL, NULL, &err, "ZREM", key, c->id.text, NULL));
}
