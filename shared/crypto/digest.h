/* Hashes, comparison and random secrets. Only this file uses libcrypto for them. */
#ifndef CRYPTO_DIGEST_H
#define CRYPTO_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "core/attr.h"

#define DIGEST_SHA256 32

/* SHA-256 (FIPS 180-4) of the parts one after the other. */
struct digest_part {
	const void *data;
	size_t len;
};
void digest_sha256(
    const struct digest_part parts[], size_t n, unsigned char out[DIGEST_SHA256]);

/* Writes the first len bytes as lower-case hex; out has room for 2 * len + 1 bytes. */
void digest_hex(const unsigned char *bytes, size_t len, char *out);

/* Sec-WebSocket-Accept for a Sec-WebSocket-Key (RFC 6455 section 4.2.2): base64 of the
 * SHA-1 of the key and the protocol's GUID. */
#define DIGEST_ACCEPT_TEXT 29
void digest_websocket_accept(const char *key, char out[DIGEST_ACCEPT_TEXT]);

/* A fresh secret of 256 bits from getrandom(2), as lower-case hex. */
#define DIGEST_SECRET_TEXT 65
void digest_secret(char out[DIGEST_SECRET_TEXT]);

/* Returns true when the texts are equal. The time depends on the lengths of the texts,
 * not on their content. */
bool digest_equal(const char *a, const char *b) ES_MUST_CHECK;

#endif
