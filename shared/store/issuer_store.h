/* Statements to verify tokens of tenants' own issuers, across tenants: the keys of an
 * issuer, the user of a subject, and the key sets that are due for a fetch. */
#ifndef STORE_ISSUER_STORE_H
#define STORE_ISSUER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"

#define ISSUER_NAME_MAX    512 /* bytes of the claims iss and aud */
#define ISSUER_KID_MAX     128 /* bytes of a key's kid */
#define ISSUER_KEYS_MAX    20  /* keys of one tenant */
#define ISSUER_SUBJECT_MAX 255 /* bytes of the claim sub and of external_id */
#define ISSUER_SECRET_MIN  32  /* bytes of an HMAC secret (RFC 7518 section 3.2) */

/* A key as the database stores it. */
struct issuer_key {
	int64_t ord; /* position in the arrays of the parameters, from 1 */
	struct tenant_id tenant;
	const char *kid, *alg;
	/* At most one is set, the others are NULL: the secret in hex, a public key in
	 * PEM, a JWK set. All are NULL while the URL of a key was never fetched. */
	const char *secret_hex, *public_key, *jwks;
	const char *audience; /* NULL: the audience of the installation */
	/* Unix time in ms; distinguishes the key from an earlier one with the same kid */
	int64_t created_ms;
	bool provision, owners;
	bool has_url; /* the key is a JWK set at a URL */
	/* Unix time in ms of the last fetch, good or not; 0: never */
	int64_t tried_ms;
};

/* Returns the keys of issuers[i] in tenants[i]; tenants[i] NULL: the token names no
 * tenant. Rows are struct issuer_key. Send the statement without a tenant. The parameters
 * are allocated in the arena a. */
extern const struct pg_stmt issuer_store_keys;
const char *const *issuer_store_keys_params(
    struct arena *a, const char *const tenants[], const char *const issuers[], size_t n);

/* Asks for the user of a verified token. A caller that already knows the user asks by
 * `user`, because another user may have received the external id since the first look-up.
 */
struct subject_ask {
	const char *tenant, *kid;
	int64_t key_created_ms;
	const char *subject;
	const char *user; /* "": find the user by the subject */
};
struct subject_row {
	int64_t ord;
	bool key_there;      /* false: the key was deleted after it was read */
	struct user_id user; /* "": no such user */
	const char *role;
};
/* Rows are struct subject_row, one for each ask, in order. Send the statement without a
 * tenant. The parameters are allocated in the arena a. */
extern const struct pg_stmt issuer_store_subjects;
const char *const *issuer_store_subjects_params(
    struct arena *a, const struct subject_ask asks[], size_t n);

/* Creates the user of a subject. The row is a struct subject_row with ord 1 and key_there
 * true. When several callers create the same user at once, all of them get the same row.
 * email NULL: none. Send the statement with the tenant. The parameters are allocated in
 * the arena a. */
extern const struct pg_stmt issuer_store_provision;
const char *const *issuer_store_provision_params(
    struct arena *a, const char *subject, const char *name, const char *email);

/* Requests a fetch of a key set. will_be_read is false when the last fetch is less than a
 * minute old, or when a fetch has been requested and not begun. */
struct jwks_wanted {
	bool will_be_read;
};
extern const struct pg_stmt issuer_store_want;

/* Claims one key set that is due for a fetch, for one minute: no other process gets it in
 * that minute. *found is false when none is due. */
struct jwks_due {
	struct tenant_id tenant;
	const char *kid, *alg, *url;
};
enum es_code issuer_store_due(struct pg *pg, struct arena *a, struct jwks_due *out,
    bool *found, struct es_err *err) ES_MUST_CHECK;
/* Stores the result of a fetch: jwks, or NULL with the reason in fault. */
enum es_code issuer_store_read(struct pg *pg, const struct jwks_due *of, const char *jwks,
    const char *fault, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
