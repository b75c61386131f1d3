/* A script in two steps: send, then receive. */
#include "redis/redis_private.h"

#include "core/banned.h"

enum es_code
redis_eval_send(struct redis *r, const struct redis_script *s, struct arena *a,
    struct es_err *err, size_t n_keys, size_t argc, const struct redis_arg argv[])
{
	struct redis_call call = {.argc = argc + 3};

	if (s->sha[0] == '\0')
		return es_fail(err, ES_NOT_FOUND, "Redis: the script is not loaded");
	call.argv = redis_script_args(s, false, n_keys, argc, argv, a);
	return redis_pipeline_send(r, a, &call, 1, err);
}

enum es_code
redis_eval_receive(
    struct redis *r, struct arena *a, struct redis_value *out, struct es_err *err)
{
	struct redis_value value;

	TRY(redis_pipeline_read(r, a, &value, err));
	if (redis_value_noscript(&value))
		return es_fail(err, ES_NOT_FOUND, "Redis: the script is not loaded");
	TRY(redis_value_check(&value, err));
	*out = value;
	return ES_OK;
}
