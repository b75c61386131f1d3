/* What verifying tokens of tenants' own issuers asks the database, across tenants: the
 * keys of an issuer, the user of a subject, key sets that are to be read. */
#ifndef STORE_ISSUER_STORE_H
#define STORE_ISSUER_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"

#define ISSUER_NAME_MAX    512 /* bytes of iss, and of aud */
#define ISSUER_KID_MAX     128 /* bytes of a kid of the tenant */
#define ISSUER_KEYS_MAX    20  /* keys of one tenant */
#define ISSUER_SUBJECT_MAX 255 /* bytes of sub, and of external_id */
#define ISSUER_SECRET_MIN  32  /* bytes (RFC 7518 section 3.2) */

/* A key as the database has it. */
struct issuer_key {
	int64_t ord; /* of the question that it answers, from 1 */
	struct tenant_id tenant;
	const char *kid, *alg;
	/* One of them, the others NULL: bytes of the secret in hex, PEM, JWKS. A key with
	 * a URL that was never read has none. */
	const char *secret_hex, *public_key, *jwks;
	const char *audience; /* NULL: that of the installation */
	int64_t created_ms;   /* tells a key from an earlier one with its kid */
	bool provision, owners;
	bool has_url;     /* the key is a set behind a URL */
	int64_t tried_ms; /* when the URL was read last; 0: never */
};

/* For event loops and for others: rows are struct issuer_key. tenants[i] NULL: the token
 * says no tenant. No tenant is set. */
extern const struct pg_stmt issuer_store_keys;
const char *const *issuer_store_keys_params(
    struct arena *a, const char *const tenants[], const char *const issuers[], size_t n);

/* Whose token it is, in the words of the issuer; a user that is known already is asked
 * about by its id, since another user may have that id as its external id. */
struct subject_ask {
	const char *tenant, *kid;
	int64_t key_created_ms;
	const char *subject;
	const char *user; /* "": to be found by the subject */
};
struct subject_row {
	int64_t ord;
	bool key_there;      /* false: the key was deleted since it was read */
	struct user_id user; /* "": nobody */
	const char *role;
};
/* Rows are struct subject_row, one an ask, in order. No tenant is set. */
extern const struct pg_stmt issuer_store_subjects;
const char *const *issuer_store_subjects_params(
    struct arena *a, const struct subject_ask asks[], size_t n);

/* A user that does not exist yet; the row is a struct subject_row without ord and
 * key_there. Of callers at the same time all get the same user. email NULL: none. With
 * the tenant set. */
extern const struct pg_stmt issuer_store_provision;
const char *const *issuer_store_provision_params(
    struct arena *a, const char *subject, const char *name, const char *email);

/* A key set is asked for again; the row holds true when it will be read. */
struct jwks_wanted {
	bool will_be_read;
};
extern const struct pg_stmt issuer_store_want;

/* Takes what is due, for a minute: nobody else gets it meanwhile. */
struct jwks_due {
	struct tenant_id tenant;
	const char *kid, *alg, *url;
};
enum es_code issuer_store_due(struct pg *pg, struct arena *a, struct jwks_due *out,
    bool *found, struct es_err *err) ES_MUST_CHECK;
/* What the URL answered: jwks, or NULL and why it is none. */
enum es_code issuer_store_read(struct pg *pg, const struct jwks_due *of, const char *jwks,
    const char *fault, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
