#include "auth/token_es256.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/check.h"

#include "core/banned.h"

#define HALF 32 /* bytes of R and of S on P-256 */

struct token_es256 {
	EVP_PKEY *pkey;
};

enum es_code
token_es256_new(const char *pem, struct token_es256 **out, struct es_err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *pkey = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	char curve[32] = "";
	size_t len;

	BIO_free(bio); /* takes NULL */
	if (pkey != NULL)
		IGNORE(EVP_PKEY_get_group_name(pkey, curve, sizeof(curve), &len));
	ERR_clear_error();
	if (pkey == NULL)
		return es_fail(err, ES_INVALID, "is no public key in PEM");
	if (strcmp(curve, "prime256v1") != 0) {
		EVP_PKEY_free(pkey);
		return es_fail(err, ES_INVALID, "is no key on the curve P-256");
	}
	*out = mem_new(1, sizeof(**out));
	(*out)->pkey = pkey;
	return ES_OK;
}

void
token_es256_free(struct token_es256 **key)
{
	if (*key == NULL)
		return;
	EVP_PKEY_free((*key)->pkey);
	mem_free(*key);
	*key = NULL;
}

/* R and S as the DER that OpenSSL reads; NULL when they are no numbers of a signature. */
static unsigned char *
token_es256_der(const unsigned char *signature, int *out_len)
{
	ECDSA_SIG *sig = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, HALF, NULL);
	BIGNUM *s = BN_bin2bn(signature + HALF, HALF, NULL);
	unsigned char *der = NULL;

	CHECK(sig != NULL && r != NULL && s != NULL);
	CHECK(ECDSA_SIG_set0(sig, r, s) == 1); /* sig owns both now */
	*out_len = i2d_ECDSA_SIG(sig, &der);
	ECDSA_SIG_free(sig);
	return *out_len > 0 ? der : NULL;
}

bool
token_es256_verify(const struct token_es256 *key, const char *text, size_t len,
    const unsigned char *signature, size_t n_signature)
{
	EVP_MD_CTX *ctx;
	unsigned char *der;
	int n_der, rc;

	if (n_signature != 2UL * HALF)
		return false;
	der = token_es256_der(signature, &n_der);
	if (der == NULL)
		return false;
	ctx = EVP_MD_CTX_new();
	CHECK(ctx != NULL);
	CHECK(EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, key->pkey) == 1);
	rc = EVP_DigestVerify(ctx, der, (size_t)n_der, (const unsigned char *)text, len);
	EVP_MD_CTX_free(ctx);
	OPENSSL_free(der);
	ERR_clear_error();
	return rc == 1;
}

enum es_code
token_es256_check(const char *pem, struct arena *a, struct es_err *err)
{
	struct token_es256 *key = NULL;

	(void)a;
	TRY(token_es256_new(pem, &key, err));
	token_es256_free(&key);
	return ES_OK;
}
