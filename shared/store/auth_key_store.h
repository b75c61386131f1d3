/* Keys of a tenant's own issuers. Only an owner of the tenant lists or changes them,
 * because such a key can sign tokens for every user of the tenant. */
#ifndef STORE_AUTH_KEY_STORE_H
#define STORE_AUTH_KEY_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"
#include "store/issuer_store.h"

/* A key as a list shows it, without the secret of an HMAC key. */
struct auth_key {
	const char *kid, *alg, *issuer;
	const char *audience;   /* NULL: the audience of the installation */
	const char *public_key; /* PEM, or NULL */
	const char *jwks_url;   /* URL of a JWK set (RFC 7517), or NULL */
	const char *jwks_error; /* why the last fetch of the URL failed, or NULL */
	int64_t created_ms, jwks_fetched_ms; /* Unix time in ms; 0: never */
	bool provision, owners;
};

struct auth_key_new {
	const char *kid, *alg, *issuer, *audience; /* audience may be NULL */
	/* Exactly one of the three is set. jwks is the key set that jwks_url returned. */
	const char *secret, *public_key, *jwks_url;
	const char *jwks;
	bool provision, owners;
};

/* Lists all keys of the tenant, ordered by kid. ES_FORBIDDEN: the caller is not an owner.
 */
enum es_code auth_key_store_list(struct pg *pg, const struct actor *who, struct arena *a,
    struct auth_key **out, size_t *out_n, struct es_err *err) ES_MUST_CHECK;
/* Creates a key. ES_NAME_TAKEN: the tenant has a key with this kid. ES_CONFLICT: the
 * issuer is an https URL that another tenant has registered. ES_QUOTA_EXCEEDED: the
 * tenant has ISSUER_KEYS_MAX keys. ES_FORBIDDEN: the caller is not an owner. */
enum es_code auth_key_store_create(struct pg *pg, const struct actor *who,
    const struct auth_key_new *in, struct arena *a, struct auth_key *out,
    struct es_err *err) ES_MUST_CHECK;
/* Deletes a key and raises the tenant's acl_version, so that push workers close the
 * sockets that tokens of this key opened. ES_NOT_FOUND: the tenant has no such key.
 * ES_FORBIDDEN: the caller is not an owner. */
enum es_code auth_key_store_delete(struct pg *pg, const struct actor *who,
    const char *kid, struct arena *a, int64_t *out_acl_version,
    struct es_err *err) ES_MUST_CHECK;

/* True when the issuer is an https URL. A token of such an issuer need not name its
 * tenant, because only one tenant can register the URL. */
bool auth_key_issuer_is_url(const char *issuer);

#endif
