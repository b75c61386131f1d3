/* Any text as a token. The parser refuses it and does not crash. */
#include "auth/token.h"
#include "auth/token_parse.h"
#include "core/check.h"

#include "core/banned.h"

int LLVMFuzzerTestOneInput(const unsigned char *data, size_t size);

int
LLVMFuzzerTestOneInput(const unsigned char *data, size_t size)
{
	static const struct token_key key = {
	    .kid = "hs1", .alg = TOKEN_HS256, .verify = "not the key of any input"};
	static const struct token_rules rules = {
	    .keys = &key, .n_keys = 1, .issuer = "i", .audience = "a", .leeway_s = 30};
	struct arena *a = arena_new();
	const char *jwt = arena_memdup(a, (const char *)data, size);
	struct token_text text;
	struct token_head head;
	struct token_body body;
	struct token_claims claims;
	struct es_err err;

	CHECK(token_verify(&rules, jwt, 1700000000, &claims, &err) != ES_OK);
	/* Parse the claims, too: a tenant's own issuer could sign any claims. */
	if (token_split(jwt, &text)) {
		IGNORE(token_parse_head(&text, a, &head, &err));
		if (token_parse_body(&text, a, &body, &err) == ES_OK)
			IGNORE(token_audience_has(body.aud, "a", a));
	}
	arena_free(&a);
	return 0;
}
