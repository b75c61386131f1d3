#include "auth/jwks.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <string.h>

#include "auth/token_parse.h"
#include "auth/token_pubkey_private.h"
#include "core/check.h"
#include "json/json_bind.h"

#include "core/banned.h"

#define POINT_BYTES 32 /* bytes of a coordinate on P-256, and of a key on Ed25519 */

struct raw_key {
	const char *kty, *kid, *use, *alg, *crv, *n, *e, *x, *y;
	bool has_use, has_alg, has_kid, has_crv, has_n, has_e, has_x, has_y;
};

#define PART(member, max) JSON_FIELD_OPT(struct raw_key, member, JSON_STRING, 0, max)

static const struct json_field key_fields[] = {
    JSON_FIELD(struct raw_key, kty, JSON_STRING, true, 1, 16),
    PART(kid, 255),
    PART(use, 16),
    PART(alg, 32),
    PART(crv, 16),
    PART(n, 1024),
    PART(e, 16),
    PART(x, 64),
    PART(y, 64),
};

struct bytes {
	const unsigned char *data;
	size_t len;
};

/* Reads a member in base64url. Returns false when the member is missing or malformed. */
static bool
jwks_read_bytes(const char *text, struct arena *a, struct bytes *out)
{
	if (text == NULL)
		return false;
	out->data =
	    (const unsigned char *)token_base64url(text, strlen(text), a, &out->len);
	return out->data != NULL;
}

static EVP_PKEY *
jwks_from_params(const char *type, OSSL_PARAM *params)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *pkey = NULL;

	CHECK(ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1);
	if (EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		pkey = NULL;
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static EVP_PKEY *
jwks_rsa_key(const struct raw_key *raw, struct arena *a)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	BIGNUM *n = NULL, *e = NULL;
	OSSL_PARAM *params = NULL;
	struct bytes bn, be;
	EVP_PKEY *pkey = NULL;

	CHECK(build != NULL);
	if (jwks_read_bytes(raw->n, a, &bn) && jwks_read_bytes(raw->e, a, &be)) {
		n = BN_bin2bn(bn.data, (int)bn.len, NULL);
		e = BN_bin2bn(be.data, (int)be.len, NULL);
		CHECK(n != NULL && e != NULL &&
		      OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) == 1 &&
		      OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) == 1);
		params = OSSL_PARAM_BLD_to_param(build);
		pkey = jwks_from_params("RSA", params);
	}
	OSSL_PARAM_free(params); /* OpenSSL's free functions accept NULL */
	BN_free(n);
	BN_free(e);
	OSSL_PARAM_BLD_free(build);
	return pkey;
}

/* OpenSSL refuses a point that is not on the curve. */
static EVP_PKEY *
jwks_p256_key(const struct raw_key *raw, struct arena *a)
{
	char group[] = "prime256v1";
	unsigned char point[1 + 2 * POINT_BYTES] = {4}; /* uncompressed */
	OSSL_PARAM params[] = {
	    OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
	    OSSL_PARAM_construct_octet_string(
		OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
	    OSSL_PARAM_construct_end(),
	};
	struct bytes x, y;

	if (!raw->has_crv || strcmp(raw->crv, "P-256") != 0 ||
	    !jwks_read_bytes(raw->x, a, &x) || !jwks_read_bytes(raw->y, a, &y) ||
	    x.len != POINT_BYTES || y.len != POINT_BYTES)
		return NULL;
	memcpy(point + 1, x.data, POINT_BYTES);
	memcpy(point + 1 + POINT_BYTES, y.data, POINT_BYTES);
	return jwks_from_params("EC", params);
}

static EVP_PKEY *
jwks_ed25519_key(const struct raw_key *raw, struct arena *a)
{
	struct bytes x;

	if (!raw->has_crv || strcmp(raw->crv, "Ed25519") != 0 ||
	    !jwks_read_bytes(raw->x, a, &x) || x.len != POINT_BYTES)
		return NULL;
	return EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x.data, x.len);
}

/* The tenant has registered alg, which decides the kind of key. A key with another kty is
 * refused. */
static EVP_PKEY *
jwks_build_key(enum token_alg alg, const struct raw_key *raw, struct arena *a)
{
	if (raw->has_use && strcmp(raw->use, "sig") != 0)
		return NULL;
	if (raw->has_alg && strcmp(raw->alg, token_alg_name(alg)) != 0)
		return NULL;
	if (alg == TOKEN_RS256 && strcmp(raw->kty, "RSA") == 0)
		return jwks_rsa_key(raw, a);
	if (alg == TOKEN_ES256 && strcmp(raw->kty, "EC") == 0)
		return jwks_p256_key(raw, a);
	if (alg == TOKEN_EDDSA && strcmp(raw->kty, "OKP") == 0)
		return jwks_ed25519_key(raw, a);
	return NULL;
}

static bool
jwks_read_key(
    const struct json_tree *tree, enum token_alg alg, struct arena *a, struct jwk *out)
{
	struct raw_key raw = {0};
	struct token_pubkey *key;
	struct es_err err;
	EVP_PKEY *pkey;

	if (json_tree_bind(tree, key_fields, ES_COUNT(key_fields), JSON_IGNORE_UNKNOWN, a,
		&raw, &err) != ES_OK)
		return false;
	pkey = jwks_build_key(alg, &raw, a);
	ERR_clear_error();
	if (pkey == NULL || token_pubkey_take(alg, pkey, &key, &err) != ES_OK)
		return false;
	*out = (struct jwk){.kid = raw.has_kid ? raw.kid : "", .key = key};
	return true;
}

enum es_code
jwks_parse(const char *text, size_t len, enum token_alg alg, struct arena *a,
    struct jwk out[], size_t *out_n, struct es_err *err)
{
	struct raw {
		const struct json_trees *keys;
	} raw = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct raw, keys, JSON_TREES, true, 0, JWKS_BYTES_MAX),
	};
	size_t n = 0;

	if (len > JWKS_BYTES_MAX)
		return es_fail(err, ES_INVALID, "the key set has more than %d bytes",
		    JWKS_BYTES_MAX);
	if (json_bind(text, len, fields, 1, JSON_IGNORE_UNKNOWN, a, &raw, err) != ES_OK)
		return es_fail(err, ES_INVALID, "the answer is not a key set (RFC 7517)");
	for (size_t i = 0; i < raw.keys->n && n < JWKS_KEYS_MAX; i++)
		if (jwks_read_key(raw.keys->items[i], alg, a, &out[n]))
			n++;
	if (n == 0)
		return es_fail(err, ES_INVALID, "the key set has no key for %s",
		    token_alg_name(alg));
	*out_n = n;
	return ES_OK;
}
