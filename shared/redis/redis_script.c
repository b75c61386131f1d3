/* Scripts run by their digest, so that each server gets the text only once after its
 * start. */
#include <stdio.h>
#include <string.h>

#include "redis/redis_private.h"

#include "core/banned.h"

static enum es_code
redis_script_load(
    struct redis *r, struct redis_script *s, struct arena *a, struct es_err *err)
{
	struct redis_value sha;

	TRY(redis_text(r, a, &sha, err, "SCRIPT", "LOAD", s->text, NULL));
	if (!redis_script_loaded(s, &sha))
		return es_fail(
		    err, ES_INTERNAL, "Redis: unexpected reply to SCRIPT LOAD");
	return ES_OK;
}

bool
redis_script_loaded(struct redis_script *s, const struct redis_value *sha)
{
	if (sha->kind != REDIS_STRING || sha->len != sizeof(s->sha) - 1)
		return false;
	memcpy(s->sha, sha->str, sizeof(s->sha));
	return true;
}

struct redis_arg *
redis_script_args(const struct redis_script *s, bool by_text, size_t n_keys, size_t argc,
    const struct redis_arg argv[], struct arena *a)
{
	struct redis_arg *all = arena_alloc(a, (argc + 3) * sizeof(*all));
	const char *how = by_text ? "EVAL" : "EVALSHA",
		   *what = by_text ? s->text : s->sha;
	const char *keys = arena_printf(a, "%zu", n_keys);

	all[0] = (struct redis_arg){how, strlen(how)};
	all[1] = (struct redis_arg){what, strlen(what)};
	all[2] = (struct redis_arg){keys, strlen(keys)};
	memcpy(all + 3, argv, argc * sizeof(*all));
	return all;
}

enum es_code
redis_eval(struct redis *r, struct redis_script *s, struct arena *a,
    struct redis_value *out, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	struct redis_call call = {.argc = argc + 3};
	struct redis_value value;

	if (s->sha[0] == '\0')
		TRY(redis_script_load(r, s, a, err));
	call.argv = redis_script_args(s, false, n_keys, argc, argv, a);
	TRY(redis_pipeline(r, a, &call, 1, &value, err));
	/* the script did not run, so repeating is safe */
	if (redis_value_noscript(&value)) {
		TRY(redis_script_load(r, s, a, err));
		TRY(redis_pipeline(r, a, &call, 1, &value, err));
	}
	TRY(redis_value_check(&value, err));
	*out = value;
	return ES_OK;
}
