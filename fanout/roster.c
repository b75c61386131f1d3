#include "roster.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

/* By Redis's clock. By ours, a worker whose clock is ahead would count as alive until the
 * others have got there, and its share of the partitions would lie idle; what is ahead
 * all the same (Redis's clock was set back) is thrown out. */
static struct redis_script sign_in_or_out = {
    .text = "local t = redis.call('TIME')\n"
	    "local now = t[1] * 1000 + math.floor(t[2] / 1000)\n"
	    "if ARGV[2] == 'in' then redis.call('ZADD', KEYS[1], now, ARGV[1])\n"
	    "else redis.call('ZREM', KEYS[1], ARGV[1]) end\n"
	    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - ARGV[3])\n"
	    "redis.call('ZREMRANGEBYSCORE', KEYS[1], '(' .. now, '+inf')\n"
	    "return redis.call('ZCARD', KEYS[1])\n"};

size_t
roster_turn(
    struct redis *r, const char *owner, bool here, int64_t life_ms, struct arena *a)
{
	const char *const words[] = {ROSTER_KEY, owner, here ? "in" : "out",
	    arena_printf(a, "%lld", (long long)life_ms)};
	struct redis_arg argv[ES_COUNT(words)];
	struct redis_value alive;
	struct es_err err;

	for (size_t i = 0; i < ES_COUNT(words); i++)
		argv[i] = (struct redis_arg){words[i], strlen(words[i])};
	if (redis_eval(r, &sign_in_or_out, a, &alive, &err, 1, ES_COUNT(argv), argv) !=
		ES_OK ||
	    alive.kind != REDIS_INT || alive.num < 0)
		return 0;
	return (size_t)alive.num;
}
