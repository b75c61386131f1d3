#include "auth/issuer.h"

#include <string.h>

#include "auth/token_parse.h"
#include "core/check.h"
#include "core/hex.h"
#include "json/json_bind.h"

#include "core/banned.h"

/* Maximum number of keys tried for one token. A key set may give the same kid to many
 * keys, and each costs a signature check. */
#define TRIES_MAX 4

/* One key that verifies tokens. A key set has several. */
struct verifier {
	const char *kid; /* the kid by which tokens name the key */
	enum token_alg alg;
	const struct issuer_key *of;
	struct token_pubkey *key; /* NULL: HS256 */
	const char *secret;
	size_t n_secret;
};

struct issuer {
	struct arena *arena; /* owns all texts */
	const char *iss, *audience;
	struct verifier *verifiers;
	size_t n;
};

/* Returns the bytes of a secret in hex; NULL when the text is not hex or too short. */
static const char *
issuer_read_secret(const char *hex, struct arena *a, size_t *out_len)
{
	const size_t n = strlen(hex) / 2;
	char *out = arena_alloc(a, n + 1);

	if (strlen(hex) % 2 != 0 || n < ISSUER_SECRET_MIN)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		const int octet = hex_octet(hex + 2 * i, 2);

		if (octet < 0)
			return NULL;
		out[i] = (char)octet;
	}
	*out_len = n;
	return out;
}

static void
issuer_add_set(struct issuer *issuer, enum token_alg alg, const struct issuer_key *of)
{
	struct jwk set[JWKS_KEYS_MAX];
	struct es_err err;
	size_t n = 0;

	if (jwks_parse(of->jwks, strlen(of->jwks), alg, issuer->arena, set, &n, &err) !=
	    ES_OK)
		return;
	for (size_t i = 0; i < n; i++)
		issuer->verifiers[issuer->n++] = (struct verifier){
		    .kid = set[i].kid, .alg = alg, .of = of, .key = set[i].key};
}

/* Adds the key, which is a secret, a PEM or a key set, if its form fits the algorithm: a
 * public key must never serve as a secret. */
static void
issuer_add_key(struct issuer *issuer, const struct issuer_key *of)
{
	struct verifier v = {.kid = of->kid, .of = of};
	struct es_err err;

	if (strlen(of->kid) > ISSUER_KID_MAX || !token_alg_parse(of->alg, &v.alg))
		return;
	if (of->secret_hex != NULL && v.alg == TOKEN_HS256) {
		v.secret = issuer_read_secret(of->secret_hex, issuer->arena, &v.n_secret);
		if (v.secret != NULL)
			issuer->verifiers[issuer->n++] = v;
	} else if (of->public_key != NULL && v.alg != TOKEN_HS256) {
		if (token_pubkey_new(v.alg, of->public_key, &v.key, &err) == ES_OK)
			issuer->verifiers[issuer->n++] = v;
	} else if (of->jwks != NULL && v.alg != TOKEN_HS256) {
		issuer_add_set(issuer, v.alg, of);
	}
}

struct issuer *
issuer_new(
    const char *iss, const char *audience, const struct issuer_key keys[], size_t n)
{
	struct issuer *issuer = mem_new(1, sizeof(*issuer));
	struct arena *a = arena_new();
	struct issuer_key *copies = arena_alloc(a, (n + 1) * sizeof(*copies));

	issuer->arena = a;
	issuer->iss = arena_strdup(a, iss);
	issuer->audience = arena_strdup(a, audience);
	issuer->verifiers =
	    arena_alloc(a, (n * JWKS_KEYS_MAX + 1) * sizeof(*issuer->verifiers));
	for (size_t i = 0; i < n; i++) {
		copies[i] = keys[i];
		copies[i].kid = arena_strdup(a, keys[i].kid);
		copies[i].audience = keys[i].audience != NULL
		                         ? arena_strdup(a, keys[i].audience)
		                         : issuer->audience;
		issuer_add_key(issuer, &copies[i]);
		copies[i].secret_hex = copies[i].public_key = copies[i].jwks = NULL;
	}
	return issuer;
}

void
issuer_free(struct issuer **issuer)
{
	if (*issuer == NULL)
		return;
	for (size_t i = 0; i < (*issuer)->n; i++)
		token_pubkey_free(&(*issuer)->verifiers[i].key);
	arena_free(&(*issuer)->arena);
	mem_free(*issuer);
	*issuer = NULL;
}

static enum es_code
issuer_refuse(struct es_err *err, const char *why)
{
	return es_fail(err, ES_UNAUTHENTICATED, "token: %s", why);
}

/* Reads head and body of a token. Verifies nothing. */
static enum es_code
issuer_read_token(const char *jwt, struct arena *a, struct token_text *text,
    struct token_head *head, struct token_body *body, struct es_err *err)
{
	enum es_code rc;

	if (strnlen(jwt, TOKEN_MAX + 1) > TOKEN_MAX)
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: longer than %d bytes", TOKEN_MAX);
	if (!token_split(jwt, text))
		return issuer_refuse(err, token_split_fault(jwt));
	rc = token_parse_head(text, a, head, err);
	if (rc != ES_OK)
		return rc == ES_UNAUTHENTICATED ? rc
		                                : issuer_refuse(err, "malformed header");
	if (token_parse_body(text, a, body, err) != ES_OK) {
		char field[sizeof(err->field)];

		memcpy(field, err->field, sizeof(field));
		return es_fail(err, ES_UNAUTHENTICATED, "token: bad claims (%s)",
		    field[0] != '\0' ? field : "malformed");
	}
	return ES_OK;
}

enum es_code
issuer_peek(const char *jwt, struct arena *a, struct issuer_hint *out, struct es_err *err)
{
	struct issuer_hint hint = {0};
	struct token_text text;
	struct token_head head;
	struct token_body body;

	TRY(issuer_read_token(jwt, a, &text, &head, &body, err));
	if (body.tid != NULL && tenant_id_parse(body.tid, &hint.tenant, err) != ES_OK)
		return issuer_refuse(err, "tid is not a tenant id");
	hint.iss = body.iss;
	*out = hint;
	return ES_OK;
}

/* A token without kid is accepted only when the issuer has a single key. */
static bool
issuer_matches_kid(const struct issuer *issuer, const struct verifier *v, const char *kid)
{
	return kid != NULL ? strcmp(v->kid, kid) == 0 : issuer->n == 1;
}

static bool
issuer_is_signed_by(const struct verifier *v, const char *jwt,
    const struct token_text *text, struct arena *a)
{
	const size_t len = (size_t)(text->part[2] - jwt) - 1; /* before the dot */
	size_t n;
	const unsigned char *signature =
	    (const unsigned char *)token_part(text, 2, a, &n);

	if (v->alg == TOKEN_HS256)
		return token_hs256_verify(v->secret, v->n_secret, jwt, len, signature, n);
	return token_pubkey_verify(v->key, jwt, len, signature, n);
}

static enum es_code
issuer_find_signer(const struct issuer *issuer, const char *jwt,
    const struct token_text *text, const struct token_head *head, struct arena *a,
    const struct issuer_key **out, struct es_err *err)
{
	unsigned known = 0, tries = 0;

	for (size_t i = 0; i < issuer->n && tries < TRIES_MAX; i++) {
		const struct verifier *v = &issuer->verifiers[i];

		if (!issuer_matches_kid(issuer, v, head->kid))
			continue;
		known++;
		if (strcmp(head->alg, token_alg_name(v->alg)) != 0)
			continue;
		tries++;
		if (issuer_is_signed_by(v, jwt, text, a)) {
			*out = v->of;
			return ES_OK;
		}
	}
	if (known == 0 && head->kid == NULL)
		return issuer_refuse(err, "the header has no kid");
	if (known == 0)
		return es_fail(err, ES_NOT_FOUND, "token: unknown key (kid)");
	return issuer_refuse(
	    err, tries > 0 ? "wrong signature" : "wrong algorithm for the key (alg)");
}

/* Copies the claims that describe the user, and leaves out claims that are not text. */
static void
issuer_read_profile(
    const struct token_text *text, struct arena *a, struct issuer_claims *out)
{
	struct raw {
		const char *name, *email, *preferred_username;
	} raw = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct raw, name, JSON_RAW, false, 0, TOKEN_MAX),
	    JSON_FIELD(struct raw, email, JSON_RAW, false, 0, TOKEN_MAX),
	    JSON_FIELD(struct raw, preferred_username, JSON_RAW, false, 0, TOKEN_MAX),
	};
	struct es_err err;
	size_t len;
	const char *json = token_part(text, 1, a, &len);

	if (json_bind(json, len, fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN, a, &raw,
		&err) != ES_OK)
		return;
	if (raw.name == NULL || json_bind_text(raw.name, a, &out->name, &err) != ES_OK)
		out->name = NULL;
	if (out->name == NULL &&
	    (raw.preferred_username == NULL ||
		json_bind_text(raw.preferred_username, a, &out->name, &err) != ES_OK))
		out->name = NULL;
	if (raw.email == NULL || json_bind_text(raw.email, a, &out->email, &err) != ES_OK)
		out->email = NULL;
}

static enum es_code
issuer_check_claims(const struct issuer *issuer, const struct issuer_key *key,
    const struct token_body *body, struct arena *a, struct es_err *err)
{
	struct tenant_id tenant;

	if (strcmp(body->iss, issuer->iss) != 0)
		return issuer_refuse(err, "wrong issuer (iss)");
	if (!token_audience_has(body->aud, key->audience, a))
		return issuer_refuse(err, "wrong audience (aud)");
	if (body->tid != NULL && (tenant_id_parse(body->tid, &tenant, err) != ES_OK ||
				     strcmp(tenant.text, key->tenant.text) != 0))
		return issuer_refuse(err, "the key is another tenant's (tid)");
	return ES_OK;
}

enum es_code
issuer_verify(const struct issuer *issuer, const char *jwt, int64_t now_s,
    int64_t leeway_s, struct arena *a, struct issuer_claims *out, struct es_err *err)
{
	struct issuer_claims claims = {0};
	const struct issuer_key *key = NULL;
	struct token_text text;
	struct token_head head;
	struct token_body body;

	TRY(issuer_read_token(jwt, a, &text, &head, &body, err));
	body.minted = false; /* only a key of the installation may claim es_minted */
	TRY(issuer_find_signer(issuer, jwt, &text, &head, a, &key, err));
	TRY(issuer_check_claims(issuer, key, &body, a, err));
	TRY(token_check_times(&body, leeway_s, now_s, err));
	claims.tenant = key->tenant;
	memcpy(claims.kid, key->kid, strlen(key->kid) + 1);
	claims.key_created_ms = key->created_ms;
	claims.provision = key->provision;
	claims.owners = key->owners;
	memcpy(claims.subject, body.sub, strlen(body.sub) + 1);
	if (body.has_jti)
		memcpy(claims.jti, body.jti, strlen(body.jti) + 1);
	claims.issued_s = token_issued_s(&body, leeway_s);
	claims.expires_s = body.exp;
	issuer_read_profile(&text, a, &claims);
	*out = claims;
	return ES_OK;
}
