/* A set of public keys in JSON (RFC 7517), as an identity provider publishes it. */
#ifndef AUTH_JWKS_H
#define AUTH_JWKS_H

#include "auth/token_pubkey.h"

#define JWKS_BYTES_MAX 65536 /* size of the JSON text */
#define JWKS_KEYS_MAX  50    /* keys read from one set; further ones are ignored */

struct jwk {
	const char *kid; /* is allocated in the arena; "": the key has none */
	struct token_pubkey *key;
};

/* Reads the keys that can verify alg (RS256, ES256 or EdDSA). Leaves out keys for other
 * algorithms or for encryption, symmetric keys, and keys that OpenSSL refuses. out has
 * room for JWKS_KEYS_MAX; the caller frees the keys. ES_INVALID when the text is not a
 * key set or holds no key for alg. */
enum es_code jwks_parse(const char *text, size_t len, enum token_alg alg, struct arena *a,
    struct jwk out[], size_t *out_n, struct es_err *err) ES_MUST_CHECK;

#endif
