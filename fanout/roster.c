#include "roster.h"

#include <string.h>

#include "core/clock.h"

#include "core/banned.h"

#define CALLS 3

size_t
roster_turn(
    struct redis *r, const char *owner, bool here, int64_t life_ms, struct arena *a)
{
	const int64_t now = clock_wall_ms();
	const char *const words[CALLS][4] = {
	    {here ? "ZADD" : "ZREM", ROSTER_KEY,
		here ? arena_printf(a, "%lld", (long long)now) : owner, owner},
	    {"ZREMRANGEBYSCORE", ROSTER_KEY, "-inf",
		arena_printf(a, "%lld", (long long)(now - life_ms))},
	    {"ZCARD", ROSTER_KEY},
	};
	const size_t argc[CALLS] = {here ? 4 : 3, 4, 2};
	struct redis_call calls[CALLS];
	struct redis_value out[CALLS];
	struct es_err err;

	for (unsigned i = 0; i < CALLS; i++) {
		struct redis_arg *argv = arena_alloc(a, argc[i] * sizeof(*argv));

		for (size_t j = 0; j < argc[i]; j++)
			argv[j] = (struct redis_arg){words[i][j], strlen(words[i][j])};
		calls[i] = (struct redis_call){.argc = argc[i], .argv = argv};
	}
	if (redis_pipeline(r, a, calls, CALLS, out, &err) != ES_OK ||
	    out[CALLS - 1].kind != REDIS_INT || out[CALLS - 1].num < 0)
		return 0;
	return (size_t)out[CALLS - 1].num;
}
