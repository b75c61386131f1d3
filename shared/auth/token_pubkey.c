#include "auth/token_pubkey.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <string.h>

#include "auth/token_pubkey_private.h"
#include "core/check.h"

#include "core/banned.h"

#define HALF 32 /* bytes of R and of S on P-256 */

struct token_pubkey {
	enum token_alg alg;
	EVP_PKEY *pkey;
};

/* Limits the public exponent to that of almost all keys, 65537 (17 bits). An exponent as
 * long as the modulus would cost milliseconds for each token. */
static enum es_code
token_pubkey_check_rsa(const EVP_PKEY *pkey, struct es_err *err)
{
	const int bits = EVP_PKEY_get_bits(pkey);
	BIGNUM *e = NULL;
	bool good;

	if (!EVP_PKEY_is_a(pkey, "RSA"))
		return es_fail(err, ES_INVALID, "is not an RSA key");
	if (bits < TOKEN_RSA_MIN || bits > TOKEN_RSA_MAX)
		return es_fail(err, ES_INVALID,
		    "is an RSA key of %d bits; a key must have %d to %d bits", bits,
		    TOKEN_RSA_MIN, TOKEN_RSA_MAX);
	good = EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_E, &e) == 1 &&
	       BN_is_odd(e) && BN_num_bits(e) >= 2 && BN_num_bits(e) <= 33;
	BN_free(e);
	return good ? ES_OK
	            : es_fail(err, ES_INVALID,
			  "is an RSA key with an unsupported exponent; use 65537");
}

static enum es_code
token_pubkey_on_p256(const EVP_PKEY *pkey, struct es_err *err)
{
	char curve[32] = "";
	size_t len;

	IGNORE(EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), &len));
	if (strcmp(curve, "prime256v1") != 0)
		return es_fail(err, ES_INVALID, "is not a key on the curve P-256");
	return ES_OK;
}

static enum es_code
token_pubkey_check_kind(enum token_alg alg, const EVP_PKEY *pkey, struct es_err *err)
{
	switch (alg) {
	case TOKEN_RS256:
		return token_pubkey_check_rsa(pkey, err);
	case TOKEN_ES256:
		return token_pubkey_on_p256(pkey, err);
	case TOKEN_EDDSA:
		if (EVP_PKEY_is_a(pkey, "ED25519"))
			return ES_OK;
		return es_fail(err, ES_INVALID, "is not a key on the curve Ed25519");
	case TOKEN_HS256:
		break;
	}
	return es_fail(err, ES_INVALID, "HS256 has no public key");
}

enum es_code
token_pubkey_take(
    enum token_alg alg, EVP_PKEY *pkey, struct token_pubkey **out, struct es_err *err)
{
	const enum es_code rc = token_pubkey_check_kind(alg, pkey, err);

	ERR_clear_error();
	if (rc != ES_OK) {
		EVP_PKEY_free(pkey);
		return rc;
	}
	*out = mem_new(1, sizeof(**out));
	**out = (struct token_pubkey){.alg = alg, .pkey = pkey};
	return ES_OK;
}

/* Gives OpenSSL no passphrase. For an encrypted private key it would otherwise ask the
 * terminal. */
static int
token_pubkey_no_passphrase(char *buf, int size, int rwflag, void *ctx)
{
	if (size > 0)
		buf[0] = '\0';
	(void)rwflag;
	(void)ctx;
	return -1;
}

enum es_code
token_pubkey_new(
    enum token_alg alg, const char *pem, struct token_pubkey **out, struct es_err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey =
	    bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, token_pubkey_no_passphrase, NULL)
			: NULL;

	BIO_free(bio); /* takes NULL */
	ERR_clear_error();
	if (pkey == NULL)
		return es_fail(err, ES_INVALID, "is not a public key in PEM");
	return token_pubkey_take(alg, pkey, out, err);
}

void
token_pubkey_free(struct token_pubkey **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	mem_free(*key);
	*key = NULL;
}

/* Converts R and S to the DER that OpenSSL reads. Returns NULL when R and S can't belong
 * to a signature. */
static unsigned char *
token_pubkey_es256_der(const unsigned char *signature, int *out_len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, HALF, NULL);
	BIGNUM *s = BN_bin2bn(signature + HALF, HALF, NULL);
	unsigned char *der = NULL;

	CHECK(sig != NULL && r != NULL && s != NULL);
	CHECK(ECDSA_SIG_set0(sig, r, s) == 1); /* sig owns r and s now */
	*out_len = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return *out_len > 0 ? der : NULL;
}

static bool
token_pubkey_signature_good(const struct token_pubkey *key, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature)
{
	/* Ed25519 has its own digest; RS256 is PKCS#1 v1.5, which is OpenSSL's default.
	 */
	const EVP_MD *md = key->alg == TOKEN_EDDSA ? NULL : EVP_sha256();
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc;

	CHECK(ctx != NULL);
	CHECK(EVP_DigestVerifyInit(ctx, NULL, md, NULL, key->pkey) == 1);
	rc = EVP_DigestVerify(
	    ctx, signature, n_signature, (const unsigned char *)text, len);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return rc == 1;
}

bool
token_pubkey_verify(const struct token_pubkey *key, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature)
{
	unsigned char *der;
	bool good;
	int n_der;

	if (key->alg != TOKEN_ES256)
		return token_pubkey_signature_good(
		    key, text, len, signature, n_signature);
	if (n_signature != 2UL * HALF)
		return false;
	der = token_pubkey_es256_der(signature, &n_der);
	good = der != NULL &&
	       token_pubkey_signature_good(key, text, len, der, (size_t)n_der);
	OPENSSL_free(der);
	return good;
}

bool
token_hs256_verify(const void *secret, size_t n_secret, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned n = 0;

	CHECK(n_secret > 0);
	CHECK(HMAC(EVP_sha256(), secret, (int)n_secret, (const unsigned char *)text, len,
		  mac, &n) != NULL);
	return n == n_signature && CRYPTO_memcmp(mac, signature, n) == 0;
}

enum es_code
token_pubkey_check_es256(const char *pem, struct arena *a, struct es_err *err)
{
	struct token_pubkey *key = NULL;

	(void)a;
	TRY(token_pubkey_new(TOKEN_ES256, pem, &key, err));
	token_pubkey_free(&key);
	return ES_OK;
}
