#include "bearer.h"

#include <string.h>

#include "auth/issuer.h"
#include "auth/issuer_profile.h"
#include "core/check.h"
#include "core/clock.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

#define KEYS_KEEP_MS 60000 /* keys of one issuer; a key set is no fresher */
/* Readings because of an unknown issuer or kid, which anybody can bring about: 20 at
 * once, then one in 100 ms. */
#define AGAIN_MS       100
#define AGAIN_BURST_MS 2000
#define KEYS_MAX       1000 /* issuers of one process */

/* The keys of one issuer; without any, when the database knew none. */
struct entry {
	struct table_node node;
	char *name; /* tid (or nothing), a blank, iss */
	struct issuer *issuer;
	bool has_url;
	struct tenant_id tenant; /* "" without keys */
	int64_t read_ms;         /* clock_mono_ms() */
};

struct bearer_keys {
	struct table table;
	int64_t again_ms; /* when the last of the readings so far is paid off */
};

struct bearer_keys *
bearer_keys_new(void)
{
	struct bearer_keys *keys = mem_new(1, sizeof(*keys));

	table_init(&keys->table);
	return keys;
}

static void
drop(struct bearer_keys *keys, struct entry *e)
{
	table_remove(&keys->table, &e->node);
	issuer_free(&e->issuer);
	mem_free(e->name);
	mem_free(e);
}

static void
drop_all(struct bearer_keys *keys)
{
	struct table_node *node;

	while ((node = table_next(&keys->table, NULL)) != NULL)
		drop(keys, ES_CONTAINER(node, struct entry, node));
}

void
bearer_keys_free(struct bearer_keys **keys)
{
	if (*keys == NULL)
		return;
	drop_all(*keys);
	table_fini(&(*keys)->table);
	mem_free(*keys);
	*keys = NULL;
}

static bool
same_name(struct table_node *node, const void *name)
{
	return strcmp(ES_CONTAINER(node, struct entry, node)->name, name) == 0;
}

static enum es_code
read_keys(struct api *api, const struct issuer_hint *hint, struct arena *a,
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
	return ES_OK;
}

/* keep_ms: how old the keys may be. */
static enum es_code
get_keys(struct api *api, const struct issuer_hint *hint, int64_t keep_ms,
    struct arena *a, struct entry **out, struct es_err *err)
{
	struct bearer_keys *all = api->bearer_keys;
	const char *name = arena_printf(a, "%s %s", hint->tenant.text, hint->iss);
	const uint64_t hash = keyed_hash(name, strlen(name));
	struct table_node *node = table_find(&all->table, hash, same_name, name);
	struct entry *e = node == NULL ? NULL : ES_CONTAINER(node, struct entry, node);

	if (e == NULL) {
		if (all->table.n >= KEYS_MAX)
			drop_all(all);
		e = mem_new(1, sizeof(*e));
		e->name = mem_strdup(name);
		e->read_ms = INT64_MIN / 2;
		table_add(&all->table, &e->node, hash);
	}
	if (clock_mono_ms() - e->read_ms >= keep_ms) {
		const enum es_code rc = read_keys(api, hint, a, e, err);

		if (rc != ES_OK) {
			drop(all, e);
			return rc;
		}
	}
	*out = e;
	return ES_OK;
}

static bool
may_read_again(struct api *api)
{
	const int64_t now_ms = clock_mono_ms();
	int64_t *paid_ms = &api->bearer_keys->again_ms;

	if (*paid_ms - now_ms > AGAIN_BURST_MS)
		return false;
	*paid_ms = (*paid_ms > now_ms ? *paid_ms : now_ms) + AGAIN_MS;
	return true;
}

/* The set behind a URL may have the key by now: it is read again, by the process that
 * reads sets (jwks_reader.c). This token is refused, a later one is taken. */
static void
want_set(struct api *api, const struct entry *e, const char *iss, struct arena *a)
{
	const char *const params[] = {e->tenant.text, iss};
	struct pg_rows rows;
	struct es_err err;

	if (e->has_url)
		IGNORE(pg_run(api->pg, NULL, &issuer_store_want, params, a, &rows, &err));
}

/* A kid that the cached keys do not have may be new. */
static enum es_code
verify_signed(struct api *api, const struct issuer_hint *hint, const char *token,
    struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	const int64_t now_s = clock_wall_ms() / 1000,
		      leeway_s = api->conf->auth.jwt_leeway_s;
	struct entry *e;
	enum es_code rc;

	TRY(get_keys(api, hint, KEYS_KEEP_MS, a, &e, err));
	rc = e->tenant.text[0] != '\0'
	         ? issuer_verify(e->issuer, token, now_s, leeway_s, a, out, err)
	         : ES_NOT_FOUND;
	if (rc == ES_NOT_FOUND) {
		TRY(get_keys(
		    api, hint, may_read_again(api) ? 0 : KEYS_KEEP_MS, a, &e, err));
		if (e->tenant.text[0] == '\0')
			return es_fail(
			    err, ES_UNAUTHENTICATED, "token: unknown issuer (iss, tid)");
		rc = issuer_verify(e->issuer, token, now_s, leeway_s, a, out, err);
	}
	if (rc != ES_NOT_FOUND)
		return rc;
	want_set(api, e, hint->iss, a);
	return es_fail(err, ES_UNAUTHENTICATED, "token: unknown key (kid)");
}

static enum es_code
provision(struct api *api, const struct issuer_claims *claims, struct arena *a,
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

static enum es_code
find_user(struct api *api, const struct issuer_claims *claims, struct arena *a,
    struct user_id *out, struct es_err *err)
{
	const struct subject_ask ask = {
	    claims->tenant.text, claims->kid, claims->key_created_ms, claims->subject};
	struct subject_row row = {0};
	struct pg_rows rows;

	TRY(pg_run(api->pg, NULL, &issuer_store_subjects,
	    issuer_store_subjects_params(a, &ask, 1), a, &rows, err));
	if (!pg_next(&rows, a, &row) || !row.key_there)
		return es_fail(err, ES_TOKEN_REVOKED, "the key of the token was deleted");
	if (row.user.text[0] == '\0' && claims->provision)
		TRY(provision(api, claims, a, &row, err));
	TRY(issuer_profile_check(claims, &row, err));
	*out = row.user;
	return ES_OK;
}

enum es_code
bearer_verify(struct api *api, const char *token, struct arena *a,
    struct token_claims *out, struct es_err *err)
{
	struct issuer_claims claims;
	struct issuer_hint hint;
	struct user_id user;

	TRY(issuer_peek(token, a, &hint, err));
	if (strcmp(hint.iss, api->tokens.issuer) == 0)
		return token_verify(
		    &api->tokens, token, clock_wall_ms() / 1000, out, err);
	TRY(verify_signed(api, &hint, token, a, &claims, err));
	TRY(find_user(api, &claims, a, &user, err));
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
