#include "door/origins.h"

#include <string.h>

#include "core/check.h"
#include "env/loop_env.h"
#include "pg/pg_async.h"
#include "store/origin_cache.h"
#include "store/origin_store.h"

#include "core/banned.h"

#define READ_MS 3000 /* deadline of a query */

/* The origins that one statement asks for. */
struct origins_batch {
	size_t n;
	char *texts[ORIGIN_ASKS_MAX];
};

struct origins {
	struct loop_env *env;
	struct pg_async *pg;
	struct origin_cache *cache;
	struct origins_batch asked, next; /* asked.n > 0: a statement is under way */
	void (*answered)(void *ctx);
	void *ctx;
};

struct origins *
origins_new(struct loop_env *env, struct pg_async *pg)
{
	struct origins *o = mem_new(1, sizeof(*o));

	o->env = env;
	o->pg = pg;
	o->cache = origin_cache_new();
	return o;
}

static void
origins_batch_clear(struct origins_batch *b)
{
	for (size_t i = 0; i < b->n; i++)
		mem_free(b->texts[i]);
	b->n = 0;
}

void
origins_free(struct origins **o)
{
	if (*o == NULL)
		return;
	origins_batch_clear(&(*o)->asked);
	origins_batch_clear(&(*o)->next);
	origin_cache_free(&(*o)->cache);
	mem_free(*o);
	*o = NULL;
}

void
origins_listen(struct origins *o, void (*answered)(void *ctx), void *ctx)
{
	o->answered = answered;
	o->ctx = ctx;
}

/* The query failed. Renew the last answer for each origin, so that further handshakes do
 * not wait for another query that fails. */
static void
origins_keep_last(struct origins *o, const struct origins_batch *b)
{
	for (size_t i = 0; i < b->n; i++) {
		bool allowed = true, fresh = false;

		if (!origin_cache_find(
			o->cache, b->texts[i], o->env->now_ms, &allowed, &fresh))
			allowed = true;
		origin_cache_keep(o->cache, b->texts[i], allowed, o->env->now_ms);
	}
}

static void
origins_read(struct origins *o, struct pg_rows *rows, struct arena *a)
{
	struct origin_row row;

	for (size_t i = 0; i < o->asked.n; i++)
		origin_cache_keep(o->cache, o->asked.texts[i], false, o->env->now_ms);
	while (pg_next(rows, a, &row))
		origin_cache_keep(o->cache, row.origin, true, o->env->now_ms);
}

static void origins_on_answer(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *err);

static void
origins_send(struct origins *o)
{
	struct arena *a = arena_new();
	struct es_err err;
	const char *const *params =
	    origin_store_params(a, (const char *const *)o->next.texts, o->next.n);

	if (pg_async_send(o->pg, NULL, &origin_store_allowed, params, READ_MS,
		origins_on_answer, o, &err) == ES_OK) {
		o->asked = o->next;
		o->next.n = 0;
	} else {
		origins_keep_last(o, &o->next);
		origins_batch_clear(&o->next);
	}
	arena_free(&a);
}

static void
origins_on_answer(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct origins *o = ctx;

	(void)err;
	if (rc == ES_OK)
		origins_read(o, rows, a);
	else
		origins_keep_last(o, &o->asked);
	origins_batch_clear(&o->asked);
	if (o->next.n > 0)
		origins_send(o);
	if (o->answered != NULL)
		o->answered(o->ctx);
}

static bool
origins_batch_has(const struct origins_batch *b, const char *origin)
{
	for (size_t i = 0; i < b->n; i++)
		if (strcmp(b->texts[i], origin) == 0)
			return true;
	return false;
}

enum origins_answer
origins_look(struct origins *o, const char *origin)
{
	bool allowed = false, fresh = false;

	if (strnlen(origin, ORIGIN_MAX + 1) > ORIGIN_MAX)
		return ORIGINS_NO;
	if (origin_cache_find(o->cache, origin, o->env->now_ms, &allowed, &fresh) &&
	    fresh)
		return allowed ? ORIGINS_YES : ORIGINS_NO;
	/* If the batch is full, the handshake asks again after the next answer. */
	if (o->next.n < ORIGIN_ASKS_MAX && !origins_batch_has(&o->next, origin) &&
	    !origins_batch_has(&o->asked, origin))
		o->next.texts[o->next.n++] = mem_strdup(origin);
	if (o->asked.n > 0)
		return ORIGINS_ASKED;
	origins_send(o);
	if (o->asked.n > 0)
		return ORIGINS_ASKED;
	if (!origin_cache_find(o->cache, origin, o->env->now_ms, &allowed, &fresh))
		return ORIGINS_YES;
	return allowed ? ORIGINS_YES : ORIGINS_NO;
}
