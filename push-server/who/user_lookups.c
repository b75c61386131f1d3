#include "who/user_lookups.h"

#include "core/check.h"
#include "core/gather.h"
#include "pg/pg_async.h"

#include "core/banned.h"

#define LOOKUP_MS 3000 /* deadline of a query, in ms */

struct waiting {
	struct list link;
	struct lookup look;
};

struct user_lookups {
	struct conns *conns;
	struct pg_async *pg;
	lookup_done *done;
	void *ctx;
	struct gather gather;
	struct list waiting; /* look-ups that no statement carries yet */
	size_t n;
};

/* The look-ups of one statement under way. */
struct batch {
	struct user_lookups *lookups;
	size_t n;
	struct waiting *of[];
};

struct user_lookups *
user_lookups_new(struct conns *conns, struct pg_async *pg, lookup_done *done, void *ctx)
{
	const struct push_conf *conf = conns->env->conf;
	struct user_lookups *l = mem_new(1, sizeof(*l));

	l->conns = conns;
	l->pg = pg;
	l->done = done;
	l->ctx = ctx;
	list_init(&l->waiting);
	gather_init(
	    &l->gather, &(struct gather_limits){.batch = (size_t)conf->lookup_batch});
	return l;
}

static struct waiting *
user_lookups_pop(struct user_lookups *l)
{
	struct list *first = list_pop(&l->waiting);

	if (first == NULL)
		return NULL;
	l->n--;
	return LIST_ITEM(first, struct waiting, link);
}

void
user_lookups_free(struct user_lookups **l)
{
	struct waiting *one;

	while ((one = user_lookups_pop(*l)) != NULL)
		mem_free(one);
	mem_free(*l);
	*l = NULL;
}

void
user_lookups_count_arrival(struct user_lookups *l)
{
	gather_count_arrival(&l->gather, l->conns->env->now_ms);
}

void
user_lookups_add(struct user_lookups *l, const struct lookup *look)
{
	struct waiting *one = mem_new(1, sizeof(*one));

	one->look = *look;
	list_init(&one->link);
	list_add_tail(&l->waiting, &one->link);
	l->n++;
}

static struct principal_ask *
user_lookups_asks_of(const struct batch *b, struct arena *a)
{
	struct principal_ask *asks = arena_alloc(a, b->n * sizeof(*asks));

	for (size_t i = 0; i < b->n; i++) {
		const struct token_claims *claims = &b->of[i]->look.claims;

		asks[i] = (struct principal_ask){
		    claims->tenant, claims->user, claims->jti, claims->issued_s};
	}
	return asks;
}

/* Passes the result of each look-up on, and frees the batch. When rc is not ES_OK, every
 * look-up gets the error in dberr. */
static void
user_lookups_finish(struct batch *b, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *dberr)
{
	struct principal_answer *answers = arena_alloc(a, b->n * sizeof(*answers));

	if (rc == ES_OK)
		principal_store_many_read(
		    rows, user_lookups_asks_of(b, a), b->n, a, answers);
	for (size_t i = 0; i < b->n; i++) {
		if (rc != ES_OK)
			answers[i] = (struct principal_answer){.rc = rc, .err = *dberr};
		b->lookups->done(b->lookups->ctx, &b->of[i]->look, &answers[i], a);
		mem_free(b->of[i]);
	}
	mem_free(b);
}

static void
user_lookups_on_principals(void *ctx, enum es_code rc, struct pg_rows *rows,
    struct arena *a, const struct es_err *dberr)
{
	struct batch *b = ctx;

	gather_answered(&b->lookups->gather);
	user_lookups_finish(b, rc, rows, a, dberr);
}

/* The connection is gone: report ES_UNAVAILABLE without a query. */
static void
user_lookups_drop(struct user_lookups *l, struct waiting *one)
{
	const struct principal_answer none = {.rc = ES_UNAVAILABLE};

	l->done(l->ctx, &one->look, &none, NULL);
	mem_free(one);
}

static struct batch *
user_lookups_batch_of(struct user_lookups *l, size_t max)
{
	struct batch *b = mem_new(1, sizeof(*b) + max * sizeof(struct waiting *));
	struct waiting *one;

	b->lookups = l;
	while (b->n < max && (one = user_lookups_pop(l)) != NULL) {
		if (conn_get(l->conns, one->look.ref) != NULL)
			b->of[b->n++] = one;
		else
			user_lookups_drop(l, one);
	}
	return b;
}

static void
user_lookups_ask(struct user_lookups *l, struct batch *b)
{
	struct loop_env *env = l->conns->env;
	struct arena *a = arena_new();
	struct es_err err;
	const enum es_code rc = pg_async_send(l->pg, NULL, &principal_store_many,
	    principal_store_many_params(a, user_lookups_asks_of(b, a), b->n), LOOKUP_MS,
	    user_lookups_on_principals, b, &err);

	if (rc == ES_OK) {
		gather_sent(&l->gather, env->now_ms);
		metrics_add(env->metrics, PM_QUERIES_USERS, 1);
	} else {
		user_lookups_finish(b, rc, NULL, a, &err);
	}
	arena_free(&a);
}

void
user_lookups_turn(struct user_lookups *l)
{
	size_t max;

	while ((max = gather_due(&l->gather, l->n, l->conns->env->now_ms)) > 0) {
		struct batch *b = user_lookups_batch_of(l, max);

		if (b->n > 0)
			user_lookups_ask(l, b);
		else
			mem_free(b);
	}
	loop_env_wake(l->conns->env, gather_due_ms(&l->gather));
}
