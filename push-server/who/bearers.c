#include "who/bearers.h"

#include <string.h>

#include "auth/issuer_profile.h"
#include "core/check.h"
#include "pg/pg_async.h"
#include "who/issuer_keys.h"
#include "who/who_state.h"

#include "core/banned.h"

#define ASK_MS   3000 /* deadline of a statement, in ms */
#define RETRY_MS 1000 /* pause after a statement that the database did not answer */

struct bearer {
	struct list link; /* on one of the lists of struct bearers */
	struct bearers *all;
	struct conn_ref ref;
	enum bearer_kind kind;
	int64_t since_ms;
	char *token; /* NULL: c->auth.token */
	char *iss;
	struct tenant_id tid; /* the tenant that the token names, not verified yet */
	struct issuer_claims claims; /* valid once the token is verified */
	char *name, *email;          /* owned copies of claims.name and claims.email */
	struct user_id user;         /* "": the database finds it by the subject */
};

struct bearers {
	struct conns *conns;
	struct pg_async *pg;
	bearer_done *done;
	void *ctx;
	struct issuer_keys *keys;
	struct list new;      /* to be verified at the end of this turn */
	struct list waiting;  /* tokens that wait for the keys of their issuer */
	struct list subjects; /* verified tokens: their user is to be looked up */
	bool asking;          /* a look-up of subjects is under way */
	int64_t retry_ms;
};

/* The tokens of one statement. */
struct batch {
	struct bearers *all;
	size_t n;
	struct bearer *of[];
};

static void
bearers_on_keys(void *ctx)
{
	struct bearers *b = ctx;
	struct list *l;

	while ((l = list_pop(&b->waiting)) != NULL)
		list_add_tail(&b->new, l);
}

struct bearers *
bearers_new(struct conns *conns, struct pg_async *pg, bearer_done *done, void *ctx)
{
	struct bearers *b = mem_new(1, sizeof(*b));

	b->conns = conns;
	b->pg = pg;
	b->done = done;
	b->ctx = ctx;
	list_init(&b->new);
	list_init(&b->waiting);
	list_init(&b->subjects);
	b->keys = issuer_keys_new(conns->env, pg, bearers_on_keys, b);
	return b;
}

static void
bearers_drop(struct bearer *one)
{
	mem_free(one->token);
	mem_free(one->iss);
	mem_free(one->name);
	mem_free(one->email);
	mem_free(one);
}

static void
bearers_drop_list(struct list *l)
{
	struct list *first;

	while ((first = list_pop(l)) != NULL)
		bearers_drop(LIST_ITEM(first, struct bearer, link));
}

void
bearers_free(struct bearers **b)
{
	if (*b == NULL)
		return;
	bearers_drop_list(&(*b)->new);
	bearers_drop_list(&(*b)->waiting);
	bearers_drop_list(&(*b)->subjects);
	issuer_keys_free(&(*b)->keys);
	mem_free(*b);
	*b = NULL;
}

static struct bearer *
bearers_new_one(struct bearers *b, const struct conn *c, enum bearer_kind kind)
{
	struct bearer *one = mem_new(1, sizeof(*one));

	list_init(&one->link);
	one->all = b;
	one->ref = c->ref;
	one->kind = kind;
	one->since_ms = b->conns->env->now_ms;
	return one;
}

void
bearers_add(struct bearers *b, struct conn *c, enum bearer_kind kind, const char *token,
    const struct issuer_hint *hint)
{
	struct bearer *one = bearers_new_one(b, c, kind);

	if (kind != BEARER_GREETING)
		one->token = mem_strdup(token);
	one->iss = mem_strdup(hint->iss);
	one->tid = hint->tenant;
	list_add_tail(&b->new, &one->link);
}

bool
bearers_check_claims(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims)
{
	struct bearer *one;

	if (claims->kid[0] == '\0')
		return false;
	one = bearers_new_one(b, c, kind);
	one->user = claims->user;
	one->claims = (struct issuer_claims){.tenant = claims->tenant,
	    .issued_s = claims->issued_s,
	    .expires_s = claims->expires_s,
	    .key_created_ms = claims->key_created_ms,
	    .owners = claims->owners};
	memcpy(one->claims.kid, claims->kid, sizeof(one->claims.kid));
	memcpy(one->claims.jti, claims->jti, sizeof(one->claims.jti));
	list_add_tail(&b->subjects, &one->link);
	return true;
}

void
bearers_forget_keys(struct bearers *b, const struct tenant_id *tenant)
{
	issuer_keys_forget(b->keys, tenant);
}

/* Reports the result and frees the bearer. If user is NULL, the token is refused with
 * err. */
static void
bearers_finish(struct bearer *one, const struct user_id *user, const struct es_err *err)
{
	struct bearers *b = one->all;
	struct conn *c = conn_get(b->conns, one->ref);
	struct token_claims claims = {.tenant = one->claims.tenant,
	    .issued_s = one->claims.issued_s,
	    .expires_s = one->claims.expires_s,
	    .key_created_ms = one->claims.key_created_ms,
	    .owners = one->claims.owners};

	memcpy(claims.kid, one->claims.kid, sizeof(claims.kid));
	memcpy(claims.jti, one->claims.jti, sizeof(claims.jti));
	if (user != NULL)
		claims.user = *user;
	if (c != NULL && (user == NULL || one->kind != BEARER_KEY))
		b->done(b->ctx, c, one->kind, user != NULL ? &claims : NULL, err);
	bearers_drop(one);
}

/* Returns true when the token has waited for ES_PUSH_AUTH_TIMEOUT_MS. BEARER_KEY has no
 * time-out, because its answer may have to close an open connection. */
static bool
bearers_is_late(const struct bearer *one)
{
	const struct loop_env *env = one->all->conns->env;

	return one->kind != BEARER_KEY &&
	       env->now_ms - one->since_ms >= env->conf->auth_timeout_ms;
}

static void
bearers_give_up(struct bearer *one)
{
	struct es_err err;

	IGNORE(es_fail(
	    &err, ES_UNAVAILABLE, "the server cannot check the token at the moment"));
	bearers_finish(one, NULL, &err);
}

static const char *
bearers_token(const struct bearer *one, const struct conn *c)
{
	return one->token != NULL ? one->token : c->auth.token;
}

/* Copies the claims, because the caller's arena owns their texts. */
static void
bearers_verified(struct bearer *one, const struct issuer_claims *claims)
{
	one->claims = *claims;
	one->name = claims->name != NULL ? mem_strdup(claims->name) : NULL;
	one->email = claims->email != NULL ? mem_strdup(claims->email) : NULL;
	one->claims.name = one->name;
	one->claims.email = one->email;
	list_add_tail(&one->all->subjects, &one->link);
}

static void
bearers_verify(struct bearers *b, struct bearer *one, struct arena *a)
{
	const struct conn *c = conn_get(b->conns, one->ref);
	const struct issuer_hint hint = {.iss = one->iss, .tenant = one->tid};
	struct issuer_claims claims;
	struct es_err err = {0};
	enum es_code rc;

	if (c == NULL || bearers_token(one, c) == NULL) {
		bearers_drop(one);
		return;
	}
	rc = issuer_keys_verify(
	    b->keys, &hint, bearers_token(one, c), one->since_ms, a, &claims, &err);
	if (rc == ES_OK)
		bearers_verified(one, &claims);
	else if (rc != ES_BUSY)
		bearers_finish(one, NULL, &err);
	else if (bearers_is_late(one))
		bearers_give_up(one);
	else
		list_add_tail(&b->waiting, &one->link);
}

static enum es_code
bearers_check(const struct bearer *one, const struct subject_row *row, struct es_err *err)
{
	if (!row->key_there)
		return es_fail(err, ES_TOKEN_REVOKED, "the key of the token was deleted");
	return issuer_profile_check(&one->claims, row, err);
}

static void
bearers_on_provision(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *dberr)
{
	struct bearer *one = ctx;
	struct subject_row row = {0};
	struct es_err err = *dberr;

	if (rc == ES_OK) {
		IGNORE(pg_next(rows, a, &row));
		rc = issuer_profile_check(&one->claims, &row, &err);
	}
	bearers_finish(one, rc == ES_OK ? &row.user : NULL, &err);
}

static void
bearers_provision(struct bearers *b, struct bearer *one, struct arena *a)
{
	const struct issuer_claims *claims = &one->claims;
	struct es_err err;
	const enum es_code rc =
	    pg_async_send(b->pg, &claims->tenant, &issuer_store_provision,
		issuer_store_provision_params(a, claims->subject,
		    issuer_profile_name(claims->name, claims->subject, a),
		    issuer_profile_email(claims->email)),
		ASK_MS, bearers_on_provision, one, &err);

	if (rc != ES_OK)
		bearers_finish(one, NULL, &err);
}

static void
bearers_answered(
    struct bearers *b, struct bearer *one, const struct subject_row *row, struct arena *a)
{
	struct es_err err = {0};

	if (row->key_there && row->user.text[0] == '\0' && one->claims.provision)
		bearers_provision(b, one, a);
	else if (bearers_check(one, row, &err) == ES_OK)
		bearers_finish(one, &row->user, &err);
	else
		bearers_finish(one, NULL, &err);
}

static void
bearers_on_subjects(void *ctx, enum es_code rc, struct pg_rows *rows, struct arena *a,
    const struct es_err *err)
{
	struct batch *batch = ctx;
	struct bearers *b = batch->all;
	struct subject_row row;

	(void)err;
	b->asking = false;
	if (rc != ES_OK)
		b->retry_ms = b->conns->env->now_ms + RETRY_MS;
	for (size_t i = 0; i < batch->n; i++) {
		row = (struct subject_row){0};
		if (rc != ES_OK && bearers_is_late(batch->of[i]))
			bearers_give_up(batch->of[i]);
		else if (rc != ES_OK)
			list_add_tail(&b->subjects, &batch->of[i]->link);
		else if (pg_next(rows, a, &row))
			bearers_answered(b, batch->of[i], &row, a);
		else
			bearers_drop(batch->of[i]);
	}
	mem_free(batch);
}

static struct batch *
bearers_batch(struct bearers *b)
{
	const size_t max = (size_t)b->conns->env->conf->lookup_batch;
	struct batch *batch = mem_new(1, sizeof(*batch) + max * sizeof(batch->of[0]));
	struct list *l;

	batch->all = b;
	while (batch->n < max && (l = list_pop(&b->subjects)) != NULL) {
		struct bearer *one = LIST_ITEM(l, struct bearer, link);

		if (conn_get(b->conns, one->ref) != NULL)
			batch->of[batch->n++] = one;
		else
			bearers_drop(one);
	}
	return batch;
}

static void
bearers_ask(struct bearers *b)
{
	struct batch *batch = bearers_batch(b);
	struct arena *a = arena_new();
	struct subject_ask *asks = arena_alloc(a, (batch->n + 1) * sizeof(*asks));
	const struct es_err none = {0};
	struct es_err err;

	for (size_t i = 0; i < batch->n; i++) {
		const struct issuer_claims *claims = &batch->of[i]->claims;

		asks[i] = (struct subject_ask){.tenant = claims->tenant.text,
		    .kid = claims->kid,
		    .key_created_ms = claims->key_created_ms,
		    .subject = claims->subject,
		    .user = batch->of[i]->user.text};
	}
	b->asking = batch->n > 0;
	if (batch->n == 0)
		mem_free(batch);
	else if (pg_async_send(b->pg, NULL, &issuer_store_subjects,
		     issuer_store_subjects_params(a, asks, batch->n), ASK_MS,
		     bearers_on_subjects, batch, &err) != ES_OK)
		bearers_on_subjects(batch, ES_UNAVAILABLE, NULL, a, &none);
	arena_free(&a);
}

void
bearers_turn(struct bearers *b)
{
	struct arena *a;
	struct list *l;

	if (!list_empty(&b->new)) {
		a = arena_new();
		while ((l = list_pop(&b->new)) != NULL) {
			bearers_verify(b, LIST_ITEM(l, struct bearer, link), a);
			arena_reset(a);
		}
		arena_free(&a);
	}
	issuer_keys_turn(b->keys);
	if (!b->asking && !list_empty(&b->subjects) &&
	    b->conns->env->now_ms >= b->retry_ms)
		bearers_ask(b);
}
