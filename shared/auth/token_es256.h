/* Is this text a public key that ES256 tokens can be verified with? */
#ifndef AUTH_TOKEN_ES256_H
#define AUTH_TOKEN_ES256_H

#include "core/arena.h"
#include "core/err.h"

/* A check of a setting: PEM of a public key on P-256 (RFC 7518 section 3.4). */
enum es_code token_es256_check(
    const char *pem, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
