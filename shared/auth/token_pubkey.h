/* Public keys that verify tokens, parsed once and kept. libjwt parses the PEM again for
 * each token, which is most of its 350 us, and does not support EdDSA. */
#ifndef AUTH_TOKEN_PUBKEY_H
#define AUTH_TOKEN_PUBKEY_H

#include <stdbool.h>

#include "auth/token.h"
#include "core/arena.h"
#include "core/err.h"

/* Bits of an RSA key. A longer one takes a millisecond for each token. */
#define TOKEN_RSA_MIN 2048
#define TOKEN_RSA_MAX 4096

struct token_pubkey;

/* Reads the PEM of a public key (SubjectPublicKeyInfo) for RS256, ES256 (P-256) or EdDSA
 * (Ed25519). The caller frees the key. Returns ES_INVALID for a bad key; err->text says
 * what is wrong. */
enum es_code token_pubkey_new(enum token_alg alg, const char *pem,
    struct token_pubkey **out, struct es_err *err) ES_MUST_CHECK;
void token_pubkey_free(struct token_pubkey **key);

/* True when signature, in the form of RFC 7518 section 3 or RFC 8037 section 3.1, is
 * valid for text. */
bool token_pubkey_verify(const struct token_pubkey *key, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature) ES_MUST_CHECK;

/* Returns true when the HMAC with SHA-256 is valid for text. Compares in constant
 * time. */
bool token_hs256_verify(const void *secret, size_t n_secret, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature) ES_MUST_CHECK;

/* Checks a setting: returns ES_INVALID when token_pubkey_new() refuses the value as a key
 * for ES256. */
enum es_code token_pubkey_check_es256(
    const char *pem, struct arena *a, struct es_err *err) ES_MUST_CHECK;

#endif
