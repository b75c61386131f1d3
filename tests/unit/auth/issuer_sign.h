/* Generates keys for one run, and signs tokens with them as an identity provider does. */
#ifndef TESTS_UNIT_AUTH_ISSUER_SIGN_H
#define TESTS_UNIT_AUTH_ISSUER_SIGN_H

#include <openssl/evp.h>

#include "auth/token.h"
#include "core/arena.h"

/* Generates a key for RS256 (2,048 bits), ES256 or EdDSA. */
EVP_PKEY *issuer_sign_key(enum token_alg alg);
EVP_PKEY *issuer_sign_rsa(int bits);
/* Return the public key as PEM and as a JWK. kid NULL: the JWK has no kid. `more` is "",
 * or further members of the JWK, which begin with a comma. */
const char *issuer_sign_pem(struct arena *a, EVP_PKEY *key);
const char *issuer_sign_jwk(struct arena *a, enum token_alg alg, EVP_PKEY *key,
    const char *kid, const char *more);
const char *issuer_sign(struct arena *a, enum token_alg alg, EVP_PKEY *key,
    const char *head, const char *body);

#endif
