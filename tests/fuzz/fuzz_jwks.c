/* Parses any text as a key set, as a PEM and as a key of the database. The parsers must
 * not crash. The first byte selects the algorithm. */
#include "auth/issuer.h"
#include "core/check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	const enum token_alg alg =
	    size > 0 ? (enum token_alg)(data[0] % (TOKEN_EDDSA + 1)) : TOKEN_HS256;
	struct arena *a = arena_new();
	const char *text =
	    size > 0 ? arena_memdup(a, (const char *)data + 1, size - 1) : "";
	struct token_pubkey *key = NULL;
	struct jwk keys[JWKS_KEYS_MAX];
	struct issuer *issuer;
	struct es_err err;
	size_t n = 0;

	if (jwks_parse(text, size > 0 ? size - 1 : 0, alg, a, keys, &n, &err) == ES_OK)
		CHECK(n > 0 && n <= JWKS_KEYS_MAX);
	for (size_t i = 0; i < n; i++) {
		CHECK(!token_pubkey_verify(keys[i].key, "x", 1, data, size));
		token_pubkey_free(&keys[i].key);
	}
	if (token_pubkey_new(alg, text, &key, &err) == ES_OK)
		token_pubkey_free(&key);
	const struct issuer_key rows[] = {
	    {.kid = "a", .alg = token_alg_name(alg), .jwks = text},
	    {.kid = "b", .alg = token_alg_name(alg), .public_key = text},
	    {.kid = text, .alg = token_alg_name(alg), .secret_hex = text},
	};

	issuer = issuer_new("i", "a", rows, ES_COUNT(rows));
	issuer_free(&issuer);
	arena_free(&a);
	return 0;
}
