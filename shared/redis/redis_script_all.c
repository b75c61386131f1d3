/* One script, several times in one round trip. */
#include <string.h>

#include "redis/redis_private.h"

#include "core/banned.h"

static const struct redis_arg *
redis_script_all_args(const struct redis_script *s, const char *n_keys, size_t argc,
    const struct redis_arg argv[], struct arena *a)
{
	struct redis_arg *all = arena_alloc(a, (argc + 3) * sizeof(*all));

	all[0] = (struct redis_arg){"EVALSHA", 7};
	all[1] = (struct redis_arg){s->sha, strlen(s->sha)};
	all[2] = (struct redis_arg){n_keys, strlen(n_keys)};
	memcpy(all + 3, argv, argc * sizeof(*all));
	return all;
}

enum es_code
redis_script_all(struct redis *r, struct redis_script *s, struct arena *a,
    struct es_err *err, size_t n_keys, size_t argc, const struct redis_arg *const argv[],
    size_t n)
{
	struct redis_call *calls = arena_alloc(a, n * sizeof(*calls));
	struct redis_value *values = arena_alloc(a, n * sizeof(*values));
	const char *keys = arena_printf(a, "%zu", n_keys);
	size_t from = 0;
	struct redis_value v;

	if (s->sha[0] == '\0' && n > 0) { /* the first run loads it */
		TRY(redis_eval(r, s, a, &v, err, n_keys, argc, argv[0]));
		from = 1;
	}
	for (size_t i = from; i < n; i++)
		calls[i] = (struct redis_call){.argc = argc + 3,
		    .argv = redis_script_all_args(s, keys, argc, argv[i], a)};
	TRY(redis_pipeline(r, a, calls + from, n - from, values + from, err));
	for (size_t i = from; i < n; i++)
		if (redis_value_noscript(&values[i])) /* did not run */
			TRY(redis_eval(r, s, a, &v, err, n_keys, argc, argv[i]));
		else
			TRY(redis_value_check(&values[i], err));
	return ES_OK;
}
