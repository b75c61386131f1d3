#include "crypto/digest.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <string.h>
#include <sys/random.h>

#include "core/check.h"

#include "core/banned.h"

void
digest_sha256(
    const struct digest_part parts[], size_t n, unsigned char out[DIGEST_SHA256])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;

	CHECK(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1);
	for (size_t i = 0; i < n; i++)
		CHECK(EVP_DigestUpdate(ctx, parts[i].data, parts[i].len) == 1);
	CHECK(EVP_DigestFinal_ex(ctx, out, &len) == 1 && len == DIGEST_SHA256);
	EVP_MD_CTX_free(ctx);
}

void
digest_hex(const unsigned char *bytes, size_t len, char *out)
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < len; i++) {
		out[2 * i] = hex[bytes[i] >> 4];
		out[2 * i + 1] = hex[bytes[i] & 15];
	}
	out[2 * len] = '\0';
}

void
digest_secret(char out[DIGEST_SECRET_TEXT])
{
	unsigned char raw[(DIGEST_SECRET_TEXT - 1) / 2];

	CHECK(getrandom(raw, sizeof(raw), 0) == (ssize_t)sizeof(raw));
	digest_hex(raw, sizeof(raw), out);
	OPENSSL_cleanse(raw, sizeof(raw));
}

/* Compare hashes: the time then depends on the lengths of the texts, and not on the first
 * difference. */
bool
digest_equal(const char *a, const char *b)
{
	unsigned char ha[DIGEST_SHA256], hb[DIGEST_SHA256];

	digest_sha256(&(struct digest_part){a, strlen(a)}, 1, ha);
	digest_sha256(&(struct digest_part){b, strlen(b)}, 1, hb);
	return CRYPTO_memcmp(ha, hb, sizeof(ha)) == 0;
}

void
digest_websocket_accept(const char *key, char out[DIGEST_ACCEPT_TEXT])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char sha1[20];
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned len = 0;

	CHECK(ctx != NULL && EVP_DigestInit_ex(ctx, EVP_sha1(), NULL) == 1);
	CHECK(EVP_DigestUpdate(ctx, key, strlen(key)) == 1);
	CHECK(EVP_DigestUpdate(ctx, guid, sizeof(guid) - 1) == 1);
	CHECK(EVP_DigestFinal_ex(ctx, sha1, &len) == 1 && len == sizeof(sha1));
	EVP_MD_CTX_free(ctx);
	CHECK(EVP_EncodeBlock((unsigned char *)out, sha1, sizeof(sha1)) ==
	      DIGEST_ACCEPT_TEXT - 1);
}
