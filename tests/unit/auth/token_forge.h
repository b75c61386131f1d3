/* Tokens of an attacker: any header, any claims, signed or not. */
#ifndef TESTS_UNIT_AUTH_TOKEN_FORGE_H
#define TESTS_UNIT_AUTH_TOKEN_FORGE_H

#include "core/arena.h"

/* HMAC with SHA-256 (bits 256) or SHA-512 (512); bits 0: an empty signature. */
const char *token_forge(
    struct arena *a, const char *head, const char *body, const char *secret, int bits);

#endif
