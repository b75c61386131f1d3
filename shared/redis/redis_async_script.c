/* Scripts for an event loop: EVALSHA when the server knows the script, else EVAL. */
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "redis/redis_async.h"
#include "redis/redis_private.h"

#include "core/banned.h"

/* One run of a script, kept until its reply so that it can be sent again by text. */
struct run {
	struct redis_async *r;
	struct redis_script *script;
	struct arena *a; /* owns argv and its bytes */
	struct redis_arg *argv;
	size_t n_keys, argc;
	bool by_text;
	redis_async_done *done;
	void *ctx;
};

static enum es_code redis_async_script_send(
    struct run *run, struct es_err *err) ES_MUST_CHECK;

static void
redis_async_script_on_loaded(
    void *ctx, enum es_code rc, const struct redis_value *value, const struct es_err *err)
{
	(void)err;
	if (rc == ES_OK)
		IGNORE(redis_script_loaded(ctx, value));
}

static void
redis_async_script_on_reply(
    void *ctx, enum es_code rc, const struct redis_value *value, const struct es_err *err)
{
	struct run *run = ctx;
	struct es_err again;

	if (value != NULL && redis_value_noscript(value) && !run->by_text) {
		/* the script did not run, so repeating is safe */
		run->by_text = true;
		rc = redis_async_script_send(run, &again);
		if (rc == ES_OK)
			return;
		value = NULL;
		err = &again;
	}
	if (run->done != NULL)
		run->done(run->ctx, rc, value, err);
	arena_free(&run->a);
	free(run);
}

static enum es_code
redis_async_script_send(struct run *run, struct es_err *err)
{
	const struct redis_arg *all = redis_script_args(
	    run->script, run->by_text, run->n_keys, run->argc, run->argv, run->a);

	return redis_async_cmd(
	    run->r, redis_async_script_on_reply, run, err, run->argc + 3, all);
}

enum es_code
redis_async_eval(struct redis_async *r, struct redis_script *s, redis_async_done *done,
    void *ctx, struct es_err *err, size_t n_keys, size_t argc,
    const struct redis_arg argv[])
{
	struct run *run;
	enum es_code rc;

	if (s->sha[0] == '\0')
		TRY(redis_async_text(r, redis_async_script_on_loaded, s, err, "SCRIPT",
		    "LOAD", s->text, NULL));
	run = mem_new(1, sizeof(*run));
	*run = (struct run){.r = r,
	    .script = s,
	    .a = arena_new(),
	    .n_keys = n_keys,
	    .argc = argc,
	    .by_text = s->sha[0] == '\0',
	    .done = done,
	    .ctx = ctx};
	run->argv = arena_alloc(run->a, argc * sizeof(*run->argv));
	for (size_t i = 0; i < argc; i++)
		run->argv[i] = (struct redis_arg){
		    arena_memdup(run->a, argv[i].data, argv[i].len), argv[i].len};
	rc = redis_async_script_send(run, err);
	if (rc != ES_OK) {
		arena_free(&run->a);
		free(run);
	}
	return rc;
}
