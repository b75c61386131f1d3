#include "lua.h"

#include <stdio.h>
#include <string.h>

#include "core/check.h"
#include "worker.h"

#include "core/banned.h"

#define ARGS_MAX 24

static struct redis_arg
arg(const char *s)
{
	return (struct redis_arg){s, strlen(s)};
}

enum es_code
lua_eval(struct worker *w, struct redis_script *script, size_t n_keys, size_t argc,
    const struct redis_arg argv[], redis_async_done *done, void *ctx, struct es_err *err)
{
	const bool known = script->sha[0] != '\0';
	struct redis_arg all[ARGS_MAX];
	char keys[24];

	CHECK(argc + 3 <= ARGS_MAX);
	(void)snprintf(keys, sizeof(keys), "%zu", n_keys);
	all[0] = arg(known ? "EVALSHA" : "EVAL");
	all[1] = arg(known ? script->sha : script->text);
	all[2] = arg(keys);
	memcpy(all + 3, argv, argc * sizeof(*argv));
	return redis_async_cmd(w->redis, done, ctx, err, argc + 3, all);
}

static void
on_loaded(void *ctx, enum es_code rc, const struct redis_value *v, const struct es_err *err)
{
	struct redis_script *script = ctx;

	(void)err;
	if (rc == ES_OK && v->kind == REDIS_STRING && v->len == sizeof(script->sha) - 1)
		memcpy(script->sha, v->str, sizeof(script->sha));
}

void
lua_load(struct worker *w, struct redis_script *const scripts[], size_t n)
{
	struct es_err err;

	for (size_t i = 0; i < n; i++) {
		scripts[i]->sha[0] = '\0';
		IGNORE(redis_async_text(w->redis, on_loaded, scripts[i], &err, "SCRIPT",
		    "LOAD", scripts[i]->text, NULL));
	}
}

bool
lua_forgotten(struct redis_script *script, const struct es_err *err)
{
	if (strstr(err->text, "NOSCRIPT") == NULL)
		return false;
	script->sha[0] = '\0';
	return true;
}
