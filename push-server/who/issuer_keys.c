#include "who/issuer_keys.h"

#include <string.h>

#include "core/check.h"
#include "core/list.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "pg/pg_async.h"

#include "core/banned.h"

#define KEEP_MS    60000 /* keys of one issuer; a key set is no fresher */
#define AGAIN_MS   1000  /* between two readings of an issuer */
#define ISSUERS    10000 /* of one worker; beyond it those that are not read now go */
#define BATCH      100   /* issuers of one statement */
#define READ_MS    3000  /* deadline of the statement */
#define SET_AGE_MS 60000 /* a key set is read again once a minute at most */

/* The keys of one issuer. */
struct entry {
	struct table_node node;
	struct list wanted; /* on keys->wanted: to be read */
	bool reading;
	char *name;              /* tid (or nothing), a blank, iss */
	struct issuer *issuer;   /* NULL: never read, or unknown */
	struct tenant_id tenant; /* "" while nothing is known */
	bool has_url;
	int64_t tried_ms; /* the clock of the database: when a URL was read last */
	int64_t asked_ms, read_ms; /* of the last reading; 0: never */
};

struct issuer_keys {
	struct loop_env *env;
	struct pg_async *pg;
	void (*told)(void *ctx);
	void *ctx;
	struct table table;
	struct list wanted;
	struct entry *reading[BATCH]; /* by the statement under way, in order */
	size_t n_reading;
	int64_t retry_ms; /* not before: the database was away */
};

struct issuer_keys *
issuer_keys_new(
    struct loop_env *env, struct pg_async *pg, void (*told)(void *ctx), void *ctx)
{
	struct issuer_keys *k = mem_new(1, sizeof(*k));

	k->env = env;
	k->pg = pg;
	k->told = told;
	k->ctx = ctx;
	table_init(&k->table);
	list_init(&k->wanted);
	return k;
}

static void
issuer_keys_drop(struct issuer_keys *k, struct entry *e)
{
	table_remove(&k->table, &e->node);
	list_del(&e->wanted);
	issuer_free(&e->issuer);
	mem_free(e->name);
	mem_free(e);
}

/* Those that nobody waits for. */
static void
issuer_keys_make_room(struct issuer_keys *k)
{
	struct table_node *node = table_next(&k->table, NULL);
	struct list idle;
	struct list *l;

	list_init(&idle);
	for (; node != NULL; node = table_next(&k->table, node)) {
		struct entry *e = ES_CONTAINER(node, struct entry, node);

		if (!e->reading && list_empty(&e->wanted))
			list_add_tail(&idle, &e->wanted);
	}
	while ((l = list_pop(&idle)) != NULL)
		issuer_keys_drop(k, LIST_ITEM(l, struct entry, wanted));
}

void
issuer_keys_free(struct issuer_keys **keys)
{
	struct table_node *node;

	if (*keys == NULL)
		return;
	while ((node = table_next(&(*keys)->table, NULL)) != NULL)
		issuer_keys_drop(*keys, ES_CONTAINER(node, struct entry, node));
	table_fini(&(*keys)->table);
	mem_free(*keys);
	*keys = NULL;
}

static bool
issuer_keys_same(struct table_node *node, const void *name)
{
	return strcmp(ES_CONTAINER(node, struct entry, node)->name, name) == 0;
}

static struct entry *
issuer_keys_entry(struct issuer_keys *k, const struct issuer_hint *hint, struct arena *a)
{
	const char *name = arena_printf(a, "%s %s", hint->tenant.text, hint->iss);
	const uint64_t hash = keyed_hash(name, strlen(name));
	struct table_node *node = table_find(&k->table, hash, issuer_keys_same, name);
	struct entry *e;

	if (node != NULL)
		return ES_CONTAINER(node, struct entry, node);
	if (k->table.n >= ISSUERS)
		issuer_keys_make_room(k);
	e = mem_new(1, sizeof(*e));
	e->name = mem_strdup(name);
	list_init(&e->wanted);
	table_add(&k->table, &e->node, hash);
	return e;
}

static enum es_code
issuer_keys_want(struct issuer_keys *k, struct entry *e, struct es_err *err)
{
	if (!e->reading && list_empty(&e->wanted))
		list_add_tail(&k->wanted, &e->wanted);
	return es_fail(err, ES_BUSY, "the keys of the issuer are being read");
}

/* An answer is not needed: the next reading of the keys tells. */
static void
issuer_keys_on_want(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	(void)ctx, (void)rc, (void)rows, (void)a, (void)err;
}

/* The set behind a URL may have the key by now. True when it will be read: api-fcgi does
 * so, this loop never waits for a stranger's host. */
static bool
issuer_keys_ask_for_set(struct issuer_keys *k, const struct entry *e, const char *iss)
{
	const char *const params[] = {e->tenant.text, iss};
	struct es_err err;

	if (!e->has_url || clock_wall_ms() - e->tried_ms < SET_AGE_MS)
		return false;
	return pg_async_send(k->pg, NULL, &issuer_store_want, params, READ_MS,
		   issuer_keys_on_want, NULL, &err) == ES_OK;
}

enum es_code
issuer_keys_verify(struct issuer_keys *k, const struct issuer_hint *hint, const char *jwt,
    int64_t came_ms, struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	struct entry *e = issuer_keys_entry(k, hint, a);
	const bool newer = e->read_ms != 0 && e->asked_ms >= came_ms;
	enum es_code rc;

	if (e->read_ms == 0 || k->env->now_ms - e->read_ms >= KEEP_MS)
		return issuer_keys_want(k, e, err);
	rc = e->issuer == NULL
	         ? es_fail(err, ES_NOT_FOUND, "token: unknown issuer (iss, tid)")
	         : issuer_verify(e->issuer, jwt, clock_wall_ms() / 1000,
		       k->env->conf->auth.jwt_leeway_s, a, out, err);
	if (rc != ES_NOT_FOUND)
		return rc;
	if (!newer || issuer_keys_ask_for_set(k, e, hint->iss))
		return issuer_keys_want(k, e, err);
	return es_fail(err, ES_UNAUTHENTICATED, "%s",
	    e->issuer == NULL ? "token: unknown issuer (iss, tid)"
			      : "token: unknown key (kid)");
}

void
issuer_keys_forget(struct issuer_keys *k, const struct tenant_id *tenant)
{
	struct table_node *node = NULL;

	while ((node = table_next(&k->table, node)) != NULL) {
		struct entry *e = ES_CONTAINER(node, struct entry, node);

		if (strcmp(e->tenant.text, tenant->text) == 0)
			e->read_ms = 0;
	}
}

/* Rows come in the order of the issuers. */
static void
issuer_keys_take(struct issuer_keys *k, struct pg_rows *rows, struct arena *a)
{
	struct issuer_key *keys =
	    arena_alloc(a, ((size_t)rows->count + 1) * sizeof(*keys));
	size_t n = 0, at = 0;

	while (pg_next(rows, a, &keys[n]))
		n++;
	for (size_t i = 0; i < k->n_reading; i++) {
		struct entry *e = k->reading[i];
		const size_t first = at;

		e->has_url = false;
		e->tried_ms = INT64_MAX;
		for (; at < n && keys[at].ord == (int64_t)i + 1; at++)
			if (keys[at].has_url) {
				e->has_url = true;
				if (keys[at].tried_ms < e->tried_ms)
					e->tried_ms = keys[at].tried_ms;
			}
		issuer_free(&e->issuer);
		e->read_ms = k->env->now_ms;
		if (at == first)
			continue;
		e->tenant = keys[first].tenant;
		e->issuer = issuer_new(strchr(e->name, ' ') + 1,
		    k->env->conf->auth.jwt_audience, &keys[first], at - first);
	}
}

/* The database is away: the same are read a second later. */
static void
issuer_keys_failed(struct issuer_keys *k)
{
	for (size_t i = 0; i < k->n_reading; i++) {
		k->reading[i]->reading = false;
		list_add_tail(&k->wanted, &k->reading[i]->wanted);
	}
	k->n_reading = 0;
	k->retry_ms = k->env->now_ms + AGAIN_MS;
}

static void
issuer_keys_on_keys(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct issuer_keys *k = ctx;

	(void)err;
	if (rc == ES_OK) {
		issuer_keys_take(k, rows, a);
		for (size_t i = 0; i < k->n_reading; i++)
			k->reading[i]->reading = false;
		k->n_reading = 0;
	} else {
		issuer_keys_failed(k);
	}
	k->told(k->ctx);
}

/* Take those that may be read now. */
static void
issuer_keys_choose(struct issuer_keys *k)
{
	struct list *next;

	for (struct list *l = k->wanted.next; l != &k->wanted && k->n_reading < BATCH;
	     l = next) {
		struct entry *e = LIST_ITEM(l, struct entry, wanted);

		next = l->next;
		if (e->asked_ms != 0 && k->env->now_ms - e->asked_ms < AGAIN_MS)
			continue;
		list_del(&e->wanted);
		e->reading = true;
		e->asked_ms = k->env->now_ms;
		k->reading[k->n_reading++] = e;
	}
}

void
issuer_keys_turn(struct issuer_keys *k)
{
	const char *tenants[BATCH], *issuers[BATCH];
	struct arena *a;
	struct es_err err;

	if (k->n_reading > 0 || list_empty(&k->wanted) || k->env->now_ms < k->retry_ms)
		return;
	issuer_keys_choose(k);
	if (k->n_reading == 0)
		return;
	a = arena_new();
	for (size_t i = 0; i < k->n_reading; i++) {
		const char *name = k->reading[i]->name;
		const size_t len = strcspn(name, " ");

		tenants[i] = len > 0 ? arena_memdup(a, name, len) : NULL;
		issuers[i] = name + len + 1;
	}
	if (pg_async_send(k->pg, NULL, &issuer_store_keys,
		issuer_store_keys_params(a, tenants, issuers, k->n_reading), READ_MS,
		issuer_keys_on_keys, k, &err) != ES_OK)
		issuer_keys_failed(k);
	arena_free(&a);
}
