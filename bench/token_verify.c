/* Measures the verification of a token: HS256, ES256 with a key that is parsed for each
 * token, and ES256 with a parsed key.
 *
 *   ninja -C build bench/token_verify && build/bench/token_verify
 */
#include <stdio.h>

#include "auth/token.h"
#include "auth/token_pubkey.h"
#include "core/check.h"
#include "core/clock.h"

#include "../tests/unit/auth/token_data.h"

#include "core/banned.h"

#define TIMES 2000

static void
measure(const char *what, const struct token_key *key, const char *jwt)
{
	const struct token_rules rules = {.keys = key,
	    .n_keys = 1,
	    .issuer = "echostream",
	    .audience = "echostream",
	    .leeway_s = 30};
	struct token_claims claims;
	struct es_err err;
	int64_t best_ms = INT64_MAX;

	for (int round = 0; round < 5; round++) { /* the fastest counts */
		const int64_t start = clock_mono_ms();
		int64_t took;

		for (int i = 0; i < TIMES; i++)
			CHECK(token_verify(&rules, jwt, TEST_NOW_S, &claims, &err) ==
			      ES_OK);
		took = clock_mono_ms() - start;
		best_ms = took < best_ms ? took : best_ms;
	}
	printf("%-28s %7.1f us\n", what, (double)best_ms * 1000.0 / TIMES);
}

int
main(void)
{
	struct token_key hs = {.kid = "hs1", .alg = TOKEN_HS256, .verify = TEST_SECRET};
	struct token_key es = {
	    .kid = "es1", .alg = TOKEN_ES256, .verify = TEST_ES256_PUBLIC};
	struct token_pubkey *parsed = NULL;
	struct es_err err;

	CHECK(token_pubkey_new(TOKEN_ES256, TEST_ES256_PUBLIC, &parsed, &err) == ES_OK);
	measure("HS256", &hs, TEST_HS256_TOKEN);
	measure("ES256, parsed for each token", &es, TEST_ES256_TOKEN);
	es.parsed = parsed;
	measure("ES256, parsed once", &es, TEST_ES256_TOKEN);
	token_pubkey_free(&parsed);
	return 0;
}
