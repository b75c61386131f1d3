/* The text of an API key: "esk_" and 64 lower-case hex digits (256 random bits). The
 * fixed prefix and length let secret scanners find a leaked key. */
#ifndef STORE_API_KEY_TEXT_H
#define STORE_API_KEY_TEXT_H

#include <stdbool.h>

#include "core/attr.h"
#include "crypto/digest.h"

#define API_KEY_PREFIX    "esk_"
#define API_KEY_TEXT      (4 + DIGEST_SECRET_TEXT)
#define API_KEY_HASH_TEXT (2 + 2 * DIGEST_SHA256 + 1)
#define API_KEY_HINT      4 /* last characters of the key, shown in lists */

void api_key_text_new(char out[API_KEY_TEXT]);
/* True when the bearer text begins like an API key. The key need not exist. */
bool api_key_text_is(const char *bearer) ES_MUST_CHECK;
/* Writes the SHA-256 hash of a key as the text of a bytea, the form that the database
 * stores. A slow password hash would add nothing, because a key has 256 random bits. */
void api_key_text_hash(const char *key, char out[API_KEY_HASH_TEXT]);

#endif
