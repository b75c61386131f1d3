#include "store/api_key_text.h"

#include <string.h>

#include "core/banned.h"

void
api_key_text_new(char out[API_KEY_TEXT])
{
	memcpy(out, API_KEY_PREFIX, strlen(API_KEY_PREFIX));
	digest_secret(out + strlen(API_KEY_PREFIX));
}

bool
api_key_text_is(const char *bearer)
{
	return strncmp(bearer, API_KEY_PREFIX, strlen(API_KEY_PREFIX)) == 0;
}

void
api_key_text_hash(const char *key, char out[API_KEY_HASH_TEXT])
{
	unsigned char hash[DIGEST_SHA256];

	digest_sha256(&(struct digest_part){key, strlen(key)}, 1, hash);
	memcpy(out, "\\x", 2);
	digest_hex(hash, sizeof(hash), out + 2);
}
