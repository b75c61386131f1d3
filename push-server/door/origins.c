#include "door/origins.h"

#include <string.h>

#include "core/check.h"
#include "env/loop_env.h"
#include "pg/pg_async.h"
#include "store/sync_store.h"

#include "core/banned.h"

#define REFRESH_MS 5000
#define READ_MS    3000

struct origins {
	struct loop_env *env;
	struct pg_async *pg;
	struct arena *arena; /* holds the list; NULL: no list was read yet */
	const char **list;
	size_t n;
	bool asking;
	int64_t next_ms;
};

struct origins *
origins_new(struct loop_env *env, struct pg_async *pg)
{
	struct origins *o = mem_new(1, sizeof(*o));

	o->env = env;
	o->pg = pg;
	return o;
}

void
origins_free(struct origins **o)
{
	if (*o == NULL)
		return;
	arena_free(&(*o)->arena);
	mem_free(*o);
	*o = NULL;
}

bool
origins_allow(const struct origins *o, const char *origin)
{
	if (o->arena == NULL)
		return true;
	for (size_t i = 0; i < o->n; i++)
		if (strcmp(o->list[i], origin) == 0)
			return true;
	return false;
}

static void
origins_on_list(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct origins *o = ctx;
	struct sync_origin row;

	(void)err;
	o->asking = false;
	if (rc != ES_OK)
		return; /* keep the last list */
	arena_free(&o->arena);
	o->arena = arena_new();
	o->list = arena_alloc(o->arena, ((size_t)rows->count + 1) * sizeof(*o->list));
	o->n = 0;
	while (pg_next(rows, a, &row))
		o->list[o->n++] = arena_strdup(o->arena, row.origin);
}

void
origins_tick(struct origins *o)
{
	struct es_err err;

	if (o->asking || o->env->now_ms < o->next_ms)
		return;
	o->next_ms = o->env->now_ms + REFRESH_MS;
	o->asking = pg_async_send(o->pg, NULL, &sync_store_origins, NULL, READ_MS,
			origins_on_list, o, &err) == ES_OK;
	if (!o->asking)
		o->next_ms = 0;
}
