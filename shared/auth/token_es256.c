#include "auth/token_es256.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "core/banned.h"

enum es_code
token_es256_check(const char *pem, struct arena *a, struct es_err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, -1);
	EVP_PKEY *key = bio != NULL ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;
	const bool there = key != NULL;
	char curve[32] = "";
	size_t len;

	(void)a;
	if (there)
		IGNORE(EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len));
	EVP_PKEY_free(key); /* takes NULL, as the other */
	BIO_free(bio);
	ERR_clear_error();
	if (!there)
		return es_fail(err, ES_INVALID, "is no public key in PEM");
	if (strcmp(curve, "prime256v1") != 0)
		return es_fail(err, ES_INVALID, "is no key on the curve P-256");
	return ES_OK;
}
