#include "issuer_sign.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

static const char *
base64url(struct arena *a, const unsigned char *bytes, size_t len)
{
	char *out = arena_alloc(a, len / 3 * 4 + 5);

	(void)EVP_EncodeBlock((unsigned char *)out, bytes, (int)len);
	for (char *p = out; *p != '\0'; p++) {
		if (*p == '+')
			*p = '-';
		if (*p == '/')
			*p = '_';
		if (*p == '=')
			*p = '\0';
	}
	return out;
}

EVP_PKEY *
issuer_sign_rsa(int bits)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)bits);

	CHECK(key != NULL);
	return key;
}

EVP_PKEY *
issuer_sign_key(enum token_alg alg)
{
	EVP_PKEY *key;

	if (alg == TOKEN_RS256)
		return issuer_sign_rsa(2048);
	key = alg == TOKEN_ES256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
	                         : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	CHECK(key != NULL);
	return key;
}

const char *
issuer_sign_pem(struct arena *a, EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *data;
	const char *out;
	long len;

	CHECK(bio != NULL && PEM_write_bio_PUBKEY(bio, key) == 1);
	len = BIO_get_mem_data(bio, &data);
	out = arena_memdup(a, data, (size_t)len);
	BIO_free(bio);
	return out;
}

static const char *
number(struct arena *a, EVP_PKEY *key, const char *param, size_t len)
{
	unsigned char bytes[1024];
	BIGNUM *n = NULL;
	size_t have;

	CHECK(EVP_PKEY_get_bn_param(key, param, &n) == 1);
	have = len != 0 ? len : (size_t)BN_num_bytes(n);
	CHECK(have <= sizeof(bytes) && BN_bn2binpad(n, bytes, (int)have) == (int)have);
	BN_free(n);
	return base64url(a, bytes, have);
}

const char *
issuer_sign_jwk(
    struct arena *a, enum token_alg alg, EVP_PKEY *key, const char *kid, const char *more)
{
	const char *name = kid != NULL ? arena_printf(a, ",\"kid\":\"%s\"", kid) : "";
	unsigned char raw[32];
	size_t len = sizeof(raw);

	if (alg == TOKEN_RS256)
		return arena_printf(a, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s%s}",
		    number(a, key, OSSL_PKEY_PARAM_RSA_N, 0),
		    number(a, key, OSSL_PKEY_PARAM_RSA_E, 0), name, more);
	if (alg == TOKEN_ES256)
		return arena_printf(a,
		    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s%s}",
		    number(a, key, OSSL_PKEY_PARAM_EC_PUB_X, 32),
		    number(a, key, OSSL_PKEY_PARAM_EC_PUB_Y, 32), name, more);
	CHECK(EVP_PKEY_get_raw_public_key(key, raw, &len) == 1);
	return arena_printf(a, "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"%s\"%s%s}",
	    base64url(a, raw, len), name, more);
}

/* Converts OpenSSL's signature in DER to the 64 bytes of RFC 7518. */
static size_t
es256_raw(unsigned char *signature, size_t len)
{
	const unsigned char *der = signature;
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);

	CHECK(sig != NULL);
	CHECK(BN_bn2binpad(ECDSA_SIG_get0_r(sig), signature, 32) == 32);
	CHECK(BN_bn2binpad(ECDSA_SIG_get0_s(sig), signature + 32, 32) == 32);
	ECDSA_SIG_free(sig);
	return 64;
}

const char *
issuer_sign(struct arena *a, enum token_alg alg, EVP_PKEY *key, const char *head,
    const char *body)
{
	const char *text = arena_printf(a, "%s.%s",
	    base64url(a, (const unsigned char *)head, strlen(head)),
	    base64url(a, (const unsigned char *)body, strlen(body)));
	unsigned char signature[1024];
	size_t len = sizeof(signature);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	CHECK(ctx != NULL);
	CHECK(EVP_DigestSignInit(
		  ctx, NULL, alg == TOKEN_EDDSA ? NULL : EVP_sha256(), NULL, key) == 1);
	CHECK(EVP_DigestSign(
		  ctx, signature, &len, (const unsigned char *)text, strlen(text)) == 1);
	EVP_MD_CTX_free(ctx);
	if (alg == TOKEN_ES256)
		len = es256_raw(signature, len);
	return arena_printf(a, "%s.%s", text, base64url(a, signature, len));
}
