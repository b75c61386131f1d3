/* Keys of a tenant's own issuers. Only an owner sees or changes them: a key signs in
 * anybody of the tenant. */
#ifndef STORE_AUTH_KEY_STORE_H
#define STORE_AUTH_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"
#include "store/issuer_store.h"

/* Secrets are not read back. */
struct auth_key {
	const char *kid, *alg, *issuer;
	const char *audience;   /* NULL: that of the installation */
	const char *public_key; /* PEM, or NULL */
	const char *jwks_url;   /* or NULL */
	const char *jwks_error; /* why the last reading of the URL failed, or NULL */
	int64_t created_ms, jwks_fetched_ms; /* 0: never */
	bool provision, owners;
};

struct auth_key_new {
	const char *kid, *alg, *issuer, *audience; /* audience may be NULL */
	/* One of them; jwks is what jwks_url holds. */
	const char *secret, *public_key, *jwks_url;
	const char *jwks;
	bool provision, owners;
};

/* ES_FORBIDDEN unless an owner. All of them, by kid. */
enum es_code auth_key_store_list(struct pg *pg, const struct actor *who, struct arena *a,
    struct auth_key **out, size_t *out_n, struct es_err *err) ES_MUST_CHECK;
/* ES_NAME_TAKEN for a kid that the tenant has, ES_CONFLICT for an https issuer of another
 * tenant, ES_QUOTA_EXCEEDED beyond ISSUER_KEYS_MAX, ES_FORBIDDEN. */
enum es_code auth_key_store_create(struct pg *pg, const struct actor *who,
    const struct auth_key_new *in, struct arena *a, struct auth_key *out,
    struct es_err *err) ES_MUST_CHECK;
/* Raises acl_version, so that workers look for sockets of the key. ES_NOT_FOUND,
 * ES_FORBIDDEN. */
enum es_code auth_key_store_delete(struct pg *pg, const struct actor *who,
    const char *kid, struct arena *a, int64_t *out_acl_version,
    struct es_err *err) ES_MUST_CHECK;

/* An https URL: tokens of such an issuer need not say their tenant. */
bool auth_key_issuer_is_url(const char *issuer);

#endif
