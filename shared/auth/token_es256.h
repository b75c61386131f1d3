/* Public keys that ES256 tokens are verified with (RFC 7518 section 3.4): parsed once and
 * kept, since libjwt parses the PEM anew for each token, which is most of its 350 us. */
#ifndef AUTH_TOKEN_ES256_H
#define AUTH_TOKEN_ES256_H

#include <stdbool.h>

#include "core/arena.h"
#include "core/err.h"

struct token_es256;

/* PEM of a public key on P-256; the key is the caller's to free. ES_INVALID. */
enum es_code token_es256_new(
    const char *pem, struct token_es256 **out, struct es_err *err) ES_MUST_CHECK;
void token_es256_free(struct token_es256 **key);

/* Is signature (its bytes, R and S of 32 each) that of the signed text? */
bool token_es256_verify(const struct token_es256 *key, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature) ES_MUST_CHECK;

/* A check of a setting: as token_es256_new(). */
enum es_code token_es256_check(
    const char *pem, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
