/* Tokens of an attacker: any header, any claims, signed or not. */
#ifndef TESTS_UNIT_AUTH_TOKEN_FORGE_H
#define TESTS_UNIT_AUTH_TOKEN_FORGE_H

#include "core/arena.h"

/* Signs with HMAC-SHA-256 (bits = 256) or HMAC-SHA-512 (bits = 512). With bits = 0 the
 * signature is empty. */
const char *token_forge(
    struct arena *a, const char *head, const char *body, const char *secret, int bits);

#endif
