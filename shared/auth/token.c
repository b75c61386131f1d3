/* Verifying tokens. libjwt checks the signature of HS256 and nothing else: jwt_decode
 * takes HS512 for HS256, a public key as an HMAC secret, `none` without a key, and tokens
 * that are over. ES256 is token_es256.c's, since libjwt keeps no parsed key. */
#include "auth/token.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "auth/token_alg.h"
#include "auth/token_es256.h"
#include "auth/token_parse.h"
#include "core/check.h"

#include "core/banned.h"

/* A token without kid is taken for this key, and for no other. */
#define DEFAULT_KID "hs1"

static enum es_code
refuse(struct es_err *err, const char *why)
{
	return es_fail(err, ES_UNAUTHENTICATED, "token: %s", why);
}

static const struct token_key *
find_key(const struct token_rules *rules, const char *kid)
{
	for (size_t i = 0; i < rules->n_keys; i++)
		if (strcmp(rules->keys[i].kid, kid) == 0)
			return &rules->keys[i];
	return NULL;
}

static enum es_code
check_es256(const char *jwt, const struct token_text *text, const struct token_key *key,
    struct arena *a, struct es_err *err)
{
	const size_t signed_len = (size_t)(text->part[2] - jwt) - 1; /* before the dot */
	struct token_es256 *fresh = NULL;
	const char *signature;
	size_t n;
	bool good;

	if (key->parsed == NULL)
		TRY(token_es256_new(key->verify, &fresh, err));
	signature = token_part(text, 2, a, &n);
	good = token_es256_verify(fresh != NULL ? fresh : key->parsed, jwt, signed_len,
	    (const unsigned char *)signature, n);
	token_es256_free(&fresh);
	return good ? ES_OK : refuse(err, "wrong signature");
}

static enum es_code
check_hs256(const char *jwt, const struct token_key *key, struct es_err *err)
{
	const unsigned char *secret = (const unsigned char *)key->verify;
	jwt_t *decoded = NULL;
	jwt_alg_t alg;

	CHECK(key->verify != NULL && key->verify[0] != '\0');
	if (jwt_decode(&decoded, jwt, secret, (int)strlen(key->verify)) != 0)
		return refuse(err, "wrong signature");
	alg = jwt_get_alg(decoded);
	jwt_free(decoded);
	if (alg != token_alg_jwt(key->alg))
		return refuse(err, "wrong algorithm");
	return ES_OK;
}

static enum es_code
check_times(const struct token_body *body, const struct token_rules *rules, int64_t now_s,
    struct es_err *err)
{
	/* A token minted right after a revocation has the iat of the next second. */
	if (body->iat > now_s + (rules->leeway_s > 0 ? rules->leeway_s : 1))
		return refuse(err, "issued in the future");
	if (body->has_nbf && body->nbf > now_s + rules->leeway_s)
		return refuse(err, "not valid yet");
	if (body->exp <= now_s - rules->leeway_s)
		return es_fail(err, ES_TOKEN_EXPIRED, "token: expired");
	return ES_OK;
}

/* Everything else first: only a token that is good otherwise is told to be expired. */
static enum es_code
check_claims(const struct token_body *body, const struct token_rules *rules,
    int64_t now_s, struct arena *a, struct token_claims *out, struct es_err *err)
{
	struct token_claims claims = {.issued_s = body->iat, .expires_s = body->exp};

	if (strcmp(body->iss, rules->issuer) != 0)
		return refuse(err, "wrong issuer (iss)");
	if (!token_audience_has(body->aud, rules->audience, a))
		return refuse(err, "wrong audience (aud)");
	if (user_id_parse(body->sub, &claims.user, err) != ES_OK)
		return refuse(err, "sub is not a user id");
	if (tenant_id_parse(body->tid, &claims.tenant, err) != ES_OK)
		return refuse(err, "tid is not a tenant id");
	if (body->has_jti)
		memcpy(claims.jti, body->jti, strlen(body->jti) + 1);
	TRY(check_times(body, rules, now_s, err));
	*out = claims;
	return ES_OK;
}

static enum es_code
verify(const struct token_rules *rules, const char *jwt, int64_t now_s, struct arena *a,
    struct token_claims *out, struct es_err *err)
{
	const struct token_key *key;
	struct token_text text;
	struct token_head head;
	struct token_body body;
	enum es_code rc;

	if (strnlen(jwt, TOKEN_MAX + 1) > TOKEN_MAX)
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: longer than %d bytes", TOKEN_MAX);
	if (!token_split(jwt, &text))
		return refuse(err, "must be three parts of base64url, separated by dots");
	rc = token_parse_head(&text, a, &head, err);
	if (rc != ES_OK)
		return rc == ES_UNAUTHENTICATED ? rc : refuse(err, "malformed header");
	key = find_key(rules, head.kid != NULL ? head.kid : DEFAULT_KID);
	if (key == NULL)
		return refuse(
		    err, head.kid != NULL ? "unknown key (kid)" : "no key (kid)");
	if (strcmp(head.alg, token_alg_name(key->alg)) != 0)
		return refuse(err, "wrong algorithm for the key (alg)");
	TRY(key->alg == TOKEN_ES256 ? check_es256(jwt, &text, key, a, err)
				    : check_hs256(jwt, key, err));
	if (token_parse_body(&text, a, &body, err) != ES_OK) {
		char field[sizeof(err->field)];

		memcpy(field, err->field, sizeof(field));
		return es_fail(err, ES_UNAUTHENTICATED, "token: bad claims (%s)",
		    field[0] != '\0' ? field : "malformed");
	}
	return check_claims(&body, rules, now_s, a, out, err);
}

enum es_code
token_verify(const struct token_rules *rules, const char *jwt, int64_t now_s,
    struct token_claims *out, struct es_err *err)
{
	struct arena *a = arena_new();
	const enum es_code rc = verify(rules, jwt, now_s, a, out, err);

	arena_free(&a);
	return rc;
}
