/* Mints tokens. */
#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "auth/token.h"
#include "auth/token_alg.h"
#include "core/check.h"

#include "core/banned.h"

static void
token_mint_free_jwt(void *jwt)
{
	jwt_free(jwt);
}

static bool
token_mint_fill(jwt_t *jwt, const struct token_rules *rules,
    const struct tenant_id *tenant, const struct user_id *user, int64_t now_s,
    int64_t ttl_s)
{
	char jti[ES_UUID_TEXT];

	uuid_new(jti);
	return jwt_add_header(jwt, "typ", "JWT") == 0 &&
	       jwt_add_header(jwt, "kid", rules->keys[0].kid) == 0 &&
	       jwt_add_grant(jwt, "iss", rules->issuer) == 0 &&
	       jwt_add_grant(jwt, "aud", rules->audience) == 0 &&
	       jwt_add_grant(jwt, "sub", user->text) == 0 &&
	       jwt_add_grant(jwt, "tid", tenant->text) == 0 &&
	       jwt_add_grant(jwt, "jti", jti) == 0 &&
	       (!rules->minted_at_database_time ||
		   jwt_add_grant_bool(jwt, "es_minted", 1) == 0) &&
	       jwt_add_grant_int(jwt, "iat", now_s) == 0 &&
	       jwt_add_grant_int(jwt, "exp", now_s + ttl_s) == 0;
}

enum es_code
token_mint(const struct token_rules *rules, const struct tenant_id *tenant,
    const struct user_id *user, int64_t now_s, int64_t ttl_s, struct arena *a,
    const char **out, struct es_err *err)
{
	const struct token_key *key = &rules->keys[0];
	const char *secret = key->alg == TOKEN_HS256 ? key->verify : key->sign;
	jwt_t *jwt = NULL;
	char *text;

	CHECK(rules->n_keys > 0);
	if (secret == NULL || secret[0] == '\0')
		return es_fail(err, ES_INTERNAL, "token: no key to sign with");
	if (jwt_new(&jwt) != 0)
		return es_fail(err, ES_INTERNAL, "token: out of memory");
	arena_defer(a, token_mint_free_jwt, jwt);
	if (!token_mint_fill(jwt, rules, tenant, user, now_s, ttl_s) ||
	    jwt_set_alg(jwt, token_alg_jwt(key->alg), (const unsigned char *)secret,
		(int)strlen(secret)) != 0)
		return es_fail(err, ES_INTERNAL, "token: can't be built");
	text = jwt_encode_str(jwt);
	if (text == NULL)
		return es_fail(err, ES_INTERNAL, "token: can't be signed");
	*out = arena_strdup(a, text);
	free(text);
	return ES_OK;
}
