/* The text of an API key, "esk_" and 64 characters of lower-case hex: 256 random bits. A
 * fixed prefix and length let programs that look for leaked secrets find it. */
#ifndef STORE_API_KEY_TEXT_H
#define STORE_API_KEY_TEXT_H

#include <stdbool.h>

#include "core/attr.h"
#include "crypto/digest.h"

#define API_KEY_PREFIX    "esk_"
#define API_KEY_TEXT      (4 + DIGEST_SECRET_TEXT)
#define API_KEY_HASH_TEXT (2 + 2 * DIGEST_SHA256 + 1)
#define API_KEY_HINT      4 /* last characters, shown in lists */

void api_key_text_new(char out[API_KEY_TEXT]);
/* Does the bearer want to be taken for a key, good or not? */
bool api_key_text_is(const char *bearer) ES_MUST_CHECK;
/* What is stored: SHA-256, as text of a bytea. A key has 256 random bits, so that a slow
 * hash of passwords would add nothing. */
void api_key_text_hash(const char *key, char out[API_KEY_HASH_TEXT]);

#endif
