/* Redis scripts on the worker's connection: by digest once the server has told it, by text
 * before. */
#ifndef PUSH_LUA_H
#define PUSH_LUA_H

#include "redis/redis_async.h"

struct worker;

/* As redis_async_cmd. argv starts with the keys. */
enum es_code lua_eval(struct worker *w, struct redis_script *script, size_t n_keys,
    size_t argc, const struct redis_arg argv[], redis_async_done *done, void *ctx,
    struct es_err *err) ES_MUST_CHECK;
/* The connection came up: load the scripts (again). */
void lua_load(struct worker *w, struct redis_script *const scripts[], size_t n);
/* done got this error: true when the server had lost its scripts; they are sent as text
 * until the next lua_load. */
bool lua_forgotten(struct redis_script *script, const struct es_err *err);

#endif
