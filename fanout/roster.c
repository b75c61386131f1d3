#include "roster.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

/* The script takes the time from Redis. With the workers' own clocks, a dead worker whose
 * clock was ahead would count as alive until the other clocks caught up, and its share of
 * the partitions would lie idle. The script also removes scores that are ahead of Redis's
 * clock, which remain when that clock was set back. */
static struct redis_script sign_script = {
    .text = "local t = redis.call('TIME')\n"
	    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	    "if ARGV[2] == 'in' then redis.call('ZADD', KEYS[1], now, ARGV[1])\n"
	    "else redis.call('ZREM', KEYS[1], ARGV[1]) end\n"
	    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])\n"
	    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')\n"
	    "return redis.call('ZCARD', KEYS[1])\n"};

static size_t
roster_sign(struct redis *r, const char *owner, const char *in_or_out, int64_t life_ms,
    struct arena *a)
{
	const char *const words[] = {
	    ROSTER_KEY, owner, in_or_out, arena_printf(a, "%lld", (long long)life_ms)};
	struct redis_arg argv[ES_COUNT(words)];
	struct redis_value alive;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(words); i++)
		argv[i] = (struct redis_arg){words[i], strlen(words[i])};
	if (redis_eval(r, &sign_script, a, &alive, &err, 1, ES_COUNT(argv), argv) !=
		ES_OK ||
	    alive.kind != REDIS_INT || alive.num < 0)
		return 0;
	return (size_t)alive.num;
}

size_t
roster_sign_in(struct redis *r, const char *owner, int64_t life_ms, struct arena *a)
{
	return roster_sign(r, owner, "in", life_ms, a);
}

size_t
roster_sign_out(struct redis *r, const char *owner, int64_t life_ms, struct arena *a)
{
	return roster_sign(r, owner, "out", life_ms, a);
}
