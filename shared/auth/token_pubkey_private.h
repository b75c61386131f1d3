/* For the readers of keys beside token_pubkey.c. */
#ifndef AUTH_TOKEN_PUBKEY_PRIVATE_H
#define AUTH_TOKEN_PUBKEY_PRIVATE_H

#include <openssl/evp.h>

#include "auth/token_pubkey.h"

/* Takes pkey, also on failure. ES_INVALID when it is no key for alg. */
enum es_code token_pubkey_take(enum token_alg alg, EVP_PKEY *pkey,
    struct token_pubkey **out, struct es_err *err) ES_MUST_CHECK;

#endif
