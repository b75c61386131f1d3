#include "who/issuer_keys.h"

#include <string.h>

#include "core/check.h"
#include "core/list.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "pg/pg_async.h"

#include "core/banned.h"

/* The worker caches the keys of an issuer for this time, the shortest time between two
 * reads of a key set by api-fcgi. */
#define KEEP_MS    60000
#define AGAIN_MS   1000  /* shortest time between two reads of an issuer's keys */
#define BATCH      100   /* issuers of one statement */
#define READ_MS    3000  /* deadline of the statement */
#define SET_AGE_MS 60000 /* a key set is read from its URL once a minute at most */
/* Time between two requests to read the key set of one issuer: half of the default of
 * ES_PUSH_AUTH_TIMEOUT_MS, so that a lost request is repeated while the token waits. */
#define SET_ASK_MS 5000

enum entry_state {
	ENTRY_IDLE,    /* on known or unknown */
	ENTRY_WANTED,  /* on wanted */
	ENTRY_READING, /* in reading[] */
};

/* The keys of one issuer. */
struct entry {
	struct table_node node;
	struct list link;
	enum entry_state state;
	char *name;              /* tid (or ""), a blank, iss */
	struct issuer *issuer;   /* NULL: never read, or unknown */
	struct tenant_id tenant; /* "" while nothing is known */
	bool has_url;
	/* wall clock of the database: when api-fcgi last tried to read the key set; with
	 * several sets, the earliest such time */
	int64_t tried_ms;
	int64_t asked_ms, read_ms; /* start and end of the last read; 0: never */
	int64_t set_asked_ms;      /* last request to read the key set; 0: never */
};

struct issuer_keys {
	struct loop_env *env;
	struct pg_async *pg;
	void (*answered)(void *ctx);
	void *ctx;
	struct table table;
	struct list wanted; /* entries to be read, longest waiting first */
	/* Entries with an issuer and entries without one, longest unread first. */
	struct list known, unknown;
	struct entry *reading[BATCH]; /* entries of the statement under way, in order */
	size_t n_reading;
	int64_t retry_ms; /* after a failed statement: time of the next one */
};

struct issuer_keys *
issuer_keys_new(
    struct loop_env *env, struct pg_async *pg, void (*answered)(void *ctx), void *ctx)
{
	struct issuer_keys *k = mem_new(1, sizeof(*k));

	k->env = env;
	k->pg = pg;
	k->answered = answered;
	k->ctx = ctx;
	table_init(&k->table);
	list_init(&k->wanted);
	list_init(&k->known);
	list_init(&k->unknown);
	return k;
}

static void
issuer_keys_drop(struct issuer_keys *k, struct entry *e)
{
	table_remove(&k->table, &e->node);
	list_del(&e->link);
	issuer_free(&e->issuer);
	mem_free(e->name);
	mem_free(e);
}

static void
issuer_keys_set_idle(struct issuer_keys *k, struct entry *e)
{
	e->state = ENTRY_IDLE;
	list_move_tail(e->issuer != NULL ? &k->known : &k->unknown, &e->link);
}

static void
issuer_keys_set_wanted(struct issuer_keys *k, struct entry *e)
{
	e->state = ENTRY_WANTED;
	list_move_tail(&k->wanted, &e->link);
}

/* Evict an entry without an issuer first: a client can invent any number of names, and
 * these must not push out the issuers of tenants. While PostgreSQL is away all entries
 * may be wanted. Then nothing is evicted, and the function returns false, so that the
 * table does not grow. */
static bool
issuer_keys_make_room(struct issuer_keys *k)
{
	struct list *l;

	if (k->table.n < ISSUER_ENTRIES_MAX)
		return true;
	l = list_first(list_empty(&k->unknown) ? &k->known : &k->unknown);
	if (l == NULL)
		return false;
	issuer_keys_drop(k, LIST_ITEM(l, struct entry, link));
	return true;
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
	if (!issuer_keys_make_room(k))
		return NULL;
	e = mem_new(1, sizeof(*e));
	e->name = mem_strdup(name);
	list_init(&e->link);
	issuer_keys_set_idle(k, e);
	table_add(&k->table, &e->node, hash);
	return e;
}

static enum es_code
issuer_keys_want(struct issuer_keys *k, struct entry *e, struct es_err *err)
{
	if (e->state == ENTRY_IDLE)
		issuer_keys_set_wanted(k, e);
	return es_fail(err, ES_BUSY, "the keys of the issuer are being read");
}

/* Ignores the answer: the next read of the keys shows whether api-fcgi has read the
 * set. */
static void
issuer_keys_on_want(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	(void)ctx, (void)rc, (void)rows, (void)a, (void)err;
}

/* The key set at the issuer's URL may contain the key by now. Asks api-fcgi to read the
 * set, because this loop must not wait for a tenant's host. Returns true when the token
 * waits for the set. Sends at most one request in SET_ASK_MS for an issuer, because
 * clients without a valid token can cause these requests. */
static bool
issuer_keys_ask_for_set(struct issuer_keys *k, struct entry *e, const char *iss)
{
	const char *const params[] = {e->tenant.text, iss};
	const int64_t now_ms = k->env->now_ms;
	struct es_err err;

	if (!e->has_url || clock_wall_ms() - e->tried_ms < SET_AGE_MS)
		return false;
	if ((e->set_asked_ms == 0 || now_ms - e->set_asked_ms >= SET_ASK_MS) &&
	    pg_async_send(k->pg, NULL, &issuer_store_want, params, READ_MS,
		issuer_keys_on_want, NULL, &err) == ES_OK)
		e->set_asked_ms = now_ms;
	return true;
}

enum es_code
issuer_keys_verify(struct issuer_keys *k, const struct issuer_hint *hint, const char *jwt,
    int64_t came_ms, struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	struct entry *e = issuer_keys_entry(k, hint, a);
	enum es_code rc;
	bool newer;

	if (e == NULL)
		return es_fail(err, ES_UNAVAILABLE,
		    "the server is reading the keys of too many issuers");
	newer = e->read_ms != 0 && e->asked_ms >= came_ms;
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

/* Stores the keys of one entry; n is 0 for an unknown issuer. */
static void
issuer_keys_take_one(
    struct issuer_keys *k, struct entry *e, const struct issuer_key keys[], size_t n)
{
	e->has_url = false;
	e->tried_ms = INT64_MAX;
	for (size_t i = 0; i < n; i++)
		if (keys[i].has_url) {
			e->has_url = true;
			if (keys[i].tried_ms < e->tried_ms)
				e->tried_ms = keys[i].tried_ms;
		}
	issuer_free(&e->issuer);
	if (n > 0) {
		e->tenant = keys[0].tenant;
		e->issuer = issuer_new(
		    strchr(e->name, ' ') + 1, k->env->conf->auth.jwt_audience, keys, n);
	}
	e->read_ms = k->env->now_ms;
	issuer_keys_set_idle(k, e);
}

/* The rows are in the order of k->reading; ord is the index of the issuer, from 1. */
static void
issuer_keys_take(struct issuer_keys *k, struct pg_rows *rows, struct arena *a)
{
	struct issuer_key *keys =
	    arena_alloc(a, ((size_t)rows->count + 1) * sizeof(*keys));
	size_t n = 0, at = 0;

	while (pg_next(rows, a, &keys[n]))
		n++;
	for (size_t i = 0; i < k->n_reading; i++) {
		const size_t first = at;

		while (at < n && keys[at].ord == (int64_t)i + 1)
			at++;
		issuer_keys_take_one(k, k->reading[i], &keys[first], at - first);
	}
	k->n_reading = 0;
}

/* The database is away: read the same entries a second later, and let the waiting tokens
 * check their deadlines. */
static void
issuer_keys_failed(struct issuer_keys *k)
{
	for (size_t i = 0; i < k->n_reading; i++)
		issuer_keys_set_wanted(k, k->reading[i]);
	k->n_reading = 0;
	k->retry_ms = k->env->now_ms + AGAIN_MS;
	k->answered(k->ctx);
}

static void
issuer_keys_on_keys(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct issuer_keys *k = ctx;

	(void)err;
	if (rc != ES_OK) {
		issuer_keys_failed(k);
		return;
	}
	issuer_keys_take(k, rows, a);
	k->answered(k->ctx);
}

/* Choose the wanted entries that may be read now. */
static void
issuer_keys_choose(struct issuer_keys *k)
{
	struct list *next;

	for (struct list *l = k->wanted.next; l != &k->wanted && k->n_reading < BATCH;
	     l = next) {
		struct entry *e = LIST_ITEM(l, struct entry, link);

		next = l->next;
		if (e->asked_ms != 0 && k->env->now_ms - e->asked_ms < AGAIN_MS)
			continue;
		list_del(&e->link);
		e->state = ENTRY_READING;
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
