/* For other files that read keys, such as jwks.c. */
#ifndef AUTH_TOKEN_PUBKEY_PRIVATE_H
#define AUTH_TOKEN_PUBKEY_PRIVATE_H

#include <openssl/evp.h>

#include "auth/token_pubkey.h"

/* Takes ownership of pkey, also on failure. Returns ES_INVALID when pkey does not fit
 * alg. */
enum es_code token_pubkey_take(enum token_alg alg, EVP_PKEY *pkey,
    struct token_pubkey **out, struct es_err *err) ES_MUST_CHECK;

#endif
