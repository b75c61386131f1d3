/* A tenant's own issuer: the keys that the tenant has registered for one `iss`, and the
 * tokens signed with these keys. The key decides the tenant and the algorithm, never the
 * token. */
#ifndef AUTH_ISSUER_H
#define AUTH_ISSUER_H

#include "auth/jwks.h"
#include "auth/token.h"
#include "store/issuer_store.h"

/* The claims of an unverified token about its issuer. Use them only to find the keys that
 * may verify the token. */
struct issuer_hint {
	const char *iss;
	struct tenant_id tenant; /* "" when the token has no tid */
};
/* The texts are allocated in the arena a. Returns ES_UNAUTHENTICATED when jwt is not a
 * token. */
enum es_code issuer_peek(const char *jwt, struct arena *a, struct issuer_hint *out,
    struct es_err *err) ES_MUST_CHECK;

struct issuer;

/* All keys belong to one tenant. Leaves out keys that it can't read. Copies iss, and the
 * audience of the installation. */
struct issuer *issuer_new(
    const char *iss, const char *audience, const struct issuer_key keys[], size_t n);
void issuer_free(struct issuer **issuer);

/* The claims of a verified token. */
struct issuer_claims {
	struct tenant_id tenant;
	char kid[ISSUER_KID_MAX + 1]; /* kid of the tenant's key that signed the token */
	int64_t key_created_ms;
	bool provision, owners; /* rights of that key */
	char subject[ISSUER_SUBJECT_MAX + 1];
	const char *name,
	    *email; /* allocated in the arena; NULL: the token has no such claim */
	char jti[64];
	int64_t issued_s, expires_s; /* as in struct token_claims */
};

/* Returns ES_NOT_FOUND when the issuer has no key with the token's kid: the tenant may
 * have added the key after the keys were read. All other codes are those of
 * token_verify(). */
enum es_code issuer_verify(const struct issuer *issuer, const char *jwt, int64_t now_s,
    int64_t leeway_s, struct arena *a, struct issuer_claims *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
