/* Verifies tokens without libjwt. libjwt accepts HS512 where HS256 is meant, a public
 * key as an HMAC secret, `none` without a key, and expired tokens. It refuses the type
 * at+jwt, and it parses a public key again for each token. */
#include "auth/token.h"

#include <string.h>

#include "auth/token_parse.h"
#include "auth/token_pubkey.h"
#include "core/check.h"

#include "core/banned.h"

static const char *const alg_names[] = {
    [TOKEN_HS256] = "HS256",
    [TOKEN_ES256] = "ES256",
    [TOKEN_RS256] = "RS256",
    [TOKEN_EDDSA] = "EdDSA",
};

const char *
token_alg_name(enum token_alg alg)
{
	return alg_names[alg];
}

bool
token_alg_parse(const char *name, enum token_alg *out)
{
	for (size_t i = 0; i < ES_COUNT(alg_names); i++)
		if (strcmp(alg_names[i], name) == 0) {
			*out = (enum token_alg)i;
			return true;
		}
	return false;
}

static enum es_code
token_refuse(struct es_err *err, const char *why)
{
	return es_fail(err, ES_UNAUTHENTICATED, "token: %s", why);
}

static bool
token_is_signed_by(const char *jwt, const struct token_text *text,
    const struct token_key *key, struct arena *a)
{
	const size_t signed_len = (size_t)(text->part[2] - jwt) - 1; /* before the dot */
	struct token_pubkey *fresh = NULL;
	struct es_err err;
	size_t n;
	const unsigned char *signature =
	    (const unsigned char *)token_part(text, 2, a, &n);
	bool good;

	CHECK(key->verify != NULL && key->verify[0] != '\0');
	if (key->alg == TOKEN_HS256)
		return token_hs256_verify(
		    key->verify, strlen(key->verify), jwt, signed_len, signature, n);
	if (key->parsed == NULL &&
	    token_pubkey_new(key->alg, key->verify, &fresh, &err) != ES_OK)
		return false;
	good = token_pubkey_verify(
	    fresh != NULL ? fresh : key->parsed, jwt, signed_len, signature, n);
	token_pubkey_free(&fresh);
	return good;
}

static bool
token_is_named(const struct token_key *key, const char *kid)
{
	return kid != NULL ? strcmp(key->kid, kid) == 0 : key->alg == TOKEN_HS256;
}

/* Refuses a token whose alg differs from the algorithm of its key. */
static enum es_code
token_check_signature(const struct token_rules *rules, const char *jwt,
    const struct token_text *text, const struct token_head *head, struct arena *a,
    struct es_err *err)
{
	bool known = false, fits = false;

	for (size_t i = 0; i < rules->n_keys; i++) {
		const struct token_key *key = &rules->keys[i];

		if (!token_is_named(key, head->kid))
			continue;
		known = true;
		if (strcmp(head->alg, token_alg_name(key->alg)) != 0)
			continue;
		fits = true;
		if (token_is_signed_by(jwt, text, key, a))
			return ES_OK;
	}
	if (!known)
		return token_refuse(err,
		    head->kid != NULL ? "unknown key (kid)" : "the header has no kid");
	return token_refuse(
	    err, fits ? "wrong signature" : "wrong algorithm for the key (alg)");
}

enum es_code
token_check_times(
    const struct token_body *body, int64_t leeway_s, int64_t now_s, struct es_err *err)
{
	if (body->usable > now_s + leeway_s + (body->minted ? TOKEN_MINTED_AHEAD_S : 0))
		return token_refuse(err, "issued in the future");
	if (body->nbf > now_s + leeway_s)
		return token_refuse(err, "not valid yet");
	if (body->exp <= now_s) /* no leeway for exp: see token.h */
		return es_fail(err, ES_TOKEN_EXPIRED, "token: expired");
	return ES_OK;
}

/* A signer whose clock is ahead writes an iat up to leeway_s in the future, and the token
 * is accepted. A token with iat X may therefore have been made at X - leeway_s, and a
 * revocation after that moment must revoke it. */
int64_t
token_issued_s(const struct token_body *body, int64_t leeway_s)
{
	if (body->minted)
		return body->issued;
	return body->issued > leeway_s ? body->issued - leeway_s : 0;
}

/* Checks the times last, so that only an otherwise valid token gets the answer
 * "expired". */
static enum es_code
token_check_claims(const struct token_body *body, const struct token_rules *rules,
    int64_t now_s, struct arena *a, struct token_claims *out, struct es_err *err)
{
	struct token_claims claims = {
	    .issued_s = token_issued_s(body, rules->leeway_s), .expires_s = body->exp};

	if (strcmp(body->iss, rules->issuer) != 0)
		return token_refuse(err, "wrong issuer (iss)");
	if (!token_audience_has(body->aud, rules->audience, a))
		return token_refuse(err, "wrong audience (aud)");
	if (user_id_parse(body->sub, &claims.user, err) != ES_OK)
		return token_refuse(err, "sub is not a user id");
	if (body->tid == NULL || tenant_id_parse(body->tid, &claims.tenant, err) != ES_OK)
		return token_refuse(err, "tid is not a tenant id");
	if (body->has_jti)
		memcpy(claims.jti, body->jti, strlen(body->jti) + 1);
	TRY(token_check_times(body, rules->leeway_s, now_s, err));
	*out = claims;
	return ES_OK;
}

static enum es_code
token_verify_in_arena(const struct token_rules *rules, const char *jwt, int64_t now_s,
    struct arena *a, struct token_claims *out, struct es_err *err)
{
	struct token_text text;
	struct token_head head;
	struct token_body body;
	enum es_code rc;

	if (strnlen(jwt, TOKEN_MAX + 1) > TOKEN_MAX)
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: longer than %d bytes", TOKEN_MAX);
	if (!token_split(jwt, &text))
		return token_refuse(err, token_split_fault(jwt));
	rc = token_parse_head(&text, a, &head, err);
	if (rc != ES_OK)
		return rc == ES_UNAUTHENTICATED ? rc
		                                : token_refuse(err, "malformed header");
	TRY(token_check_signature(rules, jwt, &text, &head, a, err));
	if (token_parse_body(&text, a, &body, err) != ES_OK) {
		char field[sizeof(err->field)];

		memcpy(field, err->field, sizeof(field));
		return es_fail(err, ES_UNAUTHENTICATED, "token: bad claims (%s)",
		    field[0] != '\0' ? field : "malformed");
	}
	return token_check_claims(&body, rules, now_s, a, out, err);
}

enum es_code
token_verify(const struct token_rules *rules, const char *jwt, int64_t now_s,
    struct token_claims *out, struct es_err *err)
{
	struct arena *a = arena_new();
	const enum es_code rc = token_verify_in_arena(rules, jwt, now_s, a, out, err);

	arena_free(&a);
	return rc;
}
