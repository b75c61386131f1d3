#include "guard/bearer.h"

#include <string.h>

#include "auth/issuer.h"
#include "auth/issuer_profile.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/list.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "guard/caller_hints.h"
#include "guard/guard_ahead.h"

#include "core/banned.h"

/* How long the process caches the keys of an issuer, about as long as jwks_reader.c waits
 * between two reads of a key set. */
#define KEYS_TTL_MS 60000
/* Anybody can send tokens with unknown issuers and kids, and each of them may cause a
 * read of PostgreSQL. The process allows a burst of 20 such reads, then one read per 100
 * ms. A refresh of the keys of a known issuer is not counted. */
#define READ_INTERVAL_MS 100
#define READ_BURST_MS    2000
/* The shortest time between two requests to read the key set of one issuer. jwks_reader.c
 * reads a set at most once a minute; the next token repeats a request that was lost. */
#define SET_REQUEST_MS 5000

/* The cached keys of one issuer. */
struct entry {
	struct table_node node;
	struct list link; /* in known or in unknown */
	char *name;       /* tid (or ""), a blank, iss */
	struct issuer *issuer;
	bool has_url;
	struct tenant_id tenant;  /* "": PostgreSQL knows no such issuer */
	int64_t read_ms;          /* CLOCK_MONOTONIC of the last read from PostgreSQL */
	int64_t set_requested_ms; /* CLOCK_MONOTONIC of the last request; 0: never */
};

struct bearer_keys {
	struct table table;
	struct list known, unknown; /* entries, by the time of the last read */
	/* CLOCK_MONOTONIC. Each counted read moves this time by READ_INTERVAL_MS; a read
	 * is allowed while the time is less than 20 intervals ahead. */
	int64_t reads_paid_ms;
};

struct bearer_keys *
bearer_keys_new(void)
{
	struct bearer_keys *keys = mem_new(1, sizeof(*keys));

	table_init(&keys->table);
	list_init(&keys->known);
	list_init(&keys->unknown);
	return keys;
}

static void
bearer_drop(struct bearer_keys *keys, struct entry *e)
{
	table_remove(&keys->table, &e->node);
	list_del(&e->link);
	issuer_free(&e->issuer);
	mem_free(e->name);
	mem_free(e);
}

void
bearer_keys_free(struct bearer_keys **keys)
{
	struct table_node *node;

	if (*keys == NULL)
		return;
	while ((node = table_next(&(*keys)->table, NULL)) != NULL)
		bearer_drop(*keys, ES_CONTAINER(node, struct entry, node));
	table_fini(&(*keys)->table);
	mem_free(*keys);
	*keys = NULL;
}

static bool
bearer_has_name(struct table_node *node, const void *name)
{
	return strcmp(ES_CONTAINER(node, struct entry, node)->name, name) == 0;
}

static enum es_code
bearer_read_keys(struct api *api, const struct issuer_hint *hint, struct arena *a,
    struct entry *e, struct es_err *err)
{
	const char *const tenants[] = {
	    hint->tenant.text[0] != '\0' ? hint->tenant.text : NULL};
	const char *const issuers[] = {hint->iss};
	struct issuer_key keys[ISSUER_KEYS_MAX];
	struct pg_rows rows;
	size_t n = 0;

	TRY(pg_run(api->pg, NULL, &issuer_store_keys,
	    issuer_store_keys_params(a, tenants, issuers, 1), a, &rows, err));
	e->has_url = false;
	while (n < ISSUER_KEYS_MAX && pg_next(&rows, a, &keys[n]))
		e->has_url = e->has_url || keys[n++].has_url;
	e->tenant = n > 0 ? keys[0].tenant : (struct tenant_id){""};
	issuer_free(&e->issuer);
	e->issuer = issuer_new(hint->iss, api->conf->auth.jwt_audience, keys, n);
	e->read_ms = clock_mono_ms();
	list_move_tail(
	    n > 0 ? &api->bearer_keys->known : &api->bearer_keys->unknown, &e->link);
	return ES_OK;
}

/* Returns a code after which the client retries, because the token may be valid. */
static enum es_code
bearer_refuse_flood(struct es_err *err)
{
	IGNORE(es_fail(err, ES_RATE_LIMITED,
	    "too many tokens of unknown issuers are sent at the moment; repeat"));
	err->retry_after_ms = 1000;
	return ES_RATE_LIMITED;
}

static bool
bearer_may_read(struct bearer_keys *keys)
{
	const int64_t now_ms = clock_mono_ms();

	if (keys->reads_paid_ms - now_ms > READ_BURST_MS)
		return false;
	keys->reads_paid_ms =
	    (keys->reads_paid_ms > now_ms ? keys->reads_paid_ms : now_ms) +
	    READ_INTERVAL_MS;
	return true;
}

/* Evicts an unknown issuer first: clients can invent any number of names, which must not
 * displace the issuers of tenants. */
static void
bearer_evict_one(struct bearer_keys *keys)
{
	struct list *l;

	if (keys->table.n < BEARER_ISSUERS_MAX)
		return;
	l = list_first(list_empty(&keys->unknown) ? &keys->known : &keys->unknown);
	bearer_drop(keys, LIST_ITEM(l, struct entry, link));
}

static struct entry *
bearer_add_entry(struct bearer_keys *keys, const char *name, uint64_t hash)
{
	struct entry *e;

	bearer_evict_one(keys);
	e = mem_new(1, sizeof(*e));
	e->name = mem_strdup(name);
	list_init(&e->link);
	list_add_tail(&keys->unknown, &e->link);
	table_add(&keys->table, &e->node, hash);
	return e;
}

/* Finds or reads the keys of the issuer, at most KEYS_TTL_MS old. *fresh is true when
 * this call has read the keys. */
static enum es_code
bearer_get_keys(struct api *api, const struct issuer_hint *hint, struct arena *a,
    struct entry **out, bool *fresh, struct es_err *err)
{
	struct bearer_keys *keys = api->bearer_keys;
	const char *name = arena_printf(a, "%s %s", hint->tenant.text, hint->iss);
	const uint64_t hash = keyed_hash(name, strlen(name));
	struct table_node *node = table_find(&keys->table, hash, bearer_has_name, name);
	struct entry *e = node == NULL ? NULL : ES_CONTAINER(node, struct entry, node);
	enum es_code rc;

	*out = e;
	*fresh = e == NULL || clock_mono_ms() - e->read_ms >= KEYS_TTL_MS;
	if (!*fresh)
		return ES_OK;
	if ((e == NULL || e->tenant.text[0] == '\0') && !bearer_may_read(keys))
		return bearer_refuse_flood(err);
	if (e == NULL)
		e = bearer_add_entry(keys, name, hash);
	rc = bearer_read_keys(api, hint, a, e, err);
	if (rc != ES_OK && e->tenant.text[0] == '\0')
		bearer_drop(keys, e); /* a failed read does not make an issuer unknown */
	else
		*out = e;
	return rc;
}

/* Asks jwks_reader.c to read the key set, which may contain the new key by now. This
 * token is refused; a later one finds the key. */
static void
bearer_request_set_read(
    struct api *api, struct entry *e, const char *iss, struct arena *a)
{
	const char *const params[] = {e->tenant.text, iss};
	const int64_t now_ms = clock_mono_ms();
	struct pg_rows rows;
	struct es_err err;

	if (!e->has_url ||
	    (e->set_requested_ms != 0 && now_ms - e->set_requested_ms < SET_REQUEST_MS))
		return;
	if (pg_run(api->pg, NULL, &issuer_store_want, params, a, &rows, &err) == ES_OK)
		e->set_requested_ms = now_ms;
}

static enum es_code
bearer_try_keys(struct api *api, const struct entry *e, const char *token,
    struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	if (e->tenant.text[0] == '\0')
		return es_fail(err, ES_NOT_FOUND, "token: unknown issuer (iss, tid)");
	return issuer_verify(e->issuer, token, clock_wall_ms() / 1000,
	    api->conf->auth.jwt_leeway_s, a, out, err);
}

/* Reads the keys again when the issuer or the kid is unknown, because either may have
 * been added since the keys were cached. */
static enum es_code
bearer_verify_signed(struct api *api, const struct issuer_hint *hint, const char *token,
    struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	struct entry *e;
	enum es_code rc;
	bool fresh;

	TRY(bearer_get_keys(api, hint, a, &e, &fresh, err));
	rc = bearer_try_keys(api, e, token, a, out, err);
	if (rc == ES_NOT_FOUND && !fresh && bearer_may_read(api->bearer_keys)) {
		rc = bearer_read_keys(api, hint, a, e, err);
		if (rc == ES_OK)
			rc = bearer_try_keys(api, e, token, a, out, err);
	}
	if (rc != ES_NOT_FOUND)
		return rc;
	bearer_request_set_read(api, e, hint->iss, a);
	return es_fail(err, ES_UNAUTHENTICATED, "%s",
	    e->tenant.text[0] == '\0' ? "token: unknown issuer (iss, tid)"
				      : "token: unknown key (kid)");
}

static enum es_code
bearer_provision(struct api *api, const struct issuer_claims *claims, struct arena *a,
    struct subject_row *out, struct es_err *err)
{
	const char *const *params = issuer_store_provision_params(a, claims->subject,
	    issuer_profile_name(claims->name, claims->subject, a),
	    issuer_profile_email(claims->email));
	struct pg_rows rows;

	TRY(pg_run(
	    api->pg, &claims->tenant, &issuer_store_provision, params, a, &rows, err));
	if (!pg_next(&rows, a, out))
		return es_fail(err, ES_UNAUTHENTICATED, "token: unknown user (sub)");
	return ES_OK;
}

/* Looks up the user of the subject. When an earlier token of the subject has shown the
 * user, the check of that user and the reads of the request go with the look-up. */
static enum es_code
bearer_find_user(struct api *api, const struct issuer_claims *claims,
    struct http_req *req, struct user_id *out, struct es_err *err)
{
	const struct subject_ask ask = {.tenant = claims->tenant.text,
	    .kid = claims->kid,
	    .key_created_ms = claims->key_created_ms,
	    .subject = claims->subject,
	    .user = ""};
	const struct caller_text caller = {claims->tenant.text, claims->subject};
	struct arena *a = req->arena;
	struct subject_row row = {0};
	struct tenant_id tenant;
	struct user_id last;
	struct pg_rows rows;

	if (caller_hints_find(api->hints, caller, &tenant, &last))
		guard_ahead_principal(api, req, &claims->tenant, &last, claims->jti);
	TRY(pg_ahead_run(api->pg, NULL, &issuer_store_subjects,
	    issuer_store_subjects_params(a, &ask, 1), a, &rows, err));
	if (!pg_next(&rows, a, &row) || !row.key_there)
		return es_fail(err, ES_TOKEN_REVOKED, "the key of the token was deleted");
	if (row.user.text[0] == '\0' && claims->provision)
		TRY(bearer_provision(api, claims, a, &row, err));
	TRY(issuer_profile_check(claims, &row, err));
	caller_hints_put(&api->hints, caller, &claims->tenant, &row.user);
	*out = row.user;
	return ES_OK;
}

enum es_code
bearer_verify(
    struct api *api, struct http_req *req, const char *token, struct es_err *err)
{
	struct token_claims *out = &req->claims;
	struct issuer_claims claims;
	struct issuer_hint hint;
	struct user_id user;

	TRY(issuer_peek(token, req->arena, &hint, err));
	if (strcmp(hint.iss, api->tokens.issuer) == 0)
		return token_verify(
		    &api->tokens, token, clock_wall_ms() / 1000, out, err);
	TRY(bearer_verify_signed(api, &hint, token, req->arena, &claims, err));
	TRY(bearer_find_user(api, &claims, req, &user, err));
	*out = (struct token_claims){.tenant = claims.tenant,
	    .user = user,
	    .issued_s = claims.issued_s,
	    .expires_s = claims.expires_s,
	    .key_created_ms = claims.key_created_ms,
	    .owners = claims.owners};
	memcpy(out->kid, claims.kid, sizeof(out->kid));
	memcpy(out->jti, claims.jti, sizeof(out->jti));
	return ES_OK;
}
