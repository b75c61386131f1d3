#include "auth/ticket.h"

#include <string.h>

#include "json/json_bind.h"
#include "json/json_write.h"

#include "core/banned.h"

struct wire_claims {
	const char *tenant, *user, *jti, *kid;
	int64_t iat, exp, keyCreated;
	bool owners, has_kid, has_keyCreated, has_owners;
};

static const struct json_field ticket_fields[] = {
    JSON_FIELD(struct wire_claims, tenant, JSON_STRING, true, 36, 36),
    JSON_FIELD(struct wire_claims, user, JSON_STRING, true, 36, 36),
    JSON_FIELD(struct wire_claims, jti, JSON_STRING, true, 0, 63),
    JSON_FIELD(struct wire_claims, iat, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD(struct wire_claims, exp, JSON_INT, true, 0, ES_INT_MAX_EXACT),
    /* only for a token of a tenant's own issuer */
    JSON_FIELD_OPT(struct wire_claims, kid, JSON_STRING, 1, TOKEN_KID_MAX),
    JSON_FIELD_OPT(struct wire_claims, keyCreated, JSON_INT, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct wire_claims, owners, JSON_BOOL, 0, 0),
};

void
ticket_new(char out[TICKET_TEXT])
{
	memcpy(out, TICKET_PREFIX, strlen(TICKET_PREFIX));
	digest_secret(out + strlen(TICKET_PREFIX));
}

bool
ticket_is(const char *text)
{
	return strncmp(text, TICKET_PREFIX, strlen(TICKET_PREFIX)) == 0;
}

void
ticket_key(const char *ticket, char out[TICKET_KEY])
{
	unsigned char hash[DIGEST_SHA256];

	digest_sha256(&(struct digest_part){ticket, strlen(ticket)}, 1, hash);
	memcpy(out, "es:tk:", 6);
	digest_hex(hash, sizeof(hash), out + 6);
}

void
ticket_encode(const struct token_claims *claims, struct text *out)
{
	struct json_write w;

	jw_init(&w, out);
	jw_object(&w, NULL);
	jw_string(&w, "tenant", claims->tenant.text);
	jw_string(&w, "user", claims->user.text);
	jw_string(&w, "jti", claims->jti);
	jw_int(&w, "iat", claims->issued_s);
	jw_int(&w, "exp", claims->expires_s);
	if (claims->kid[0] != '\0') {
		jw_string(&w, "kid", claims->kid);
		jw_int(&w, "keyCreated", claims->key_created_ms);
		jw_bool(&w, "owners", claims->owners);
	}
	jw_object_end(&w);
}

static enum es_code
ticket_read(const char *json, size_t len, struct arena *a, struct token_claims *out,
    struct es_err *err)
{
	struct wire_claims w = {0};
	struct token_claims claims;

	TRY(json_bind(json, len, ticket_fields, ES_COUNT(ticket_fields),
	    JSON_IGNORE_UNKNOWN, a, &w, err));
	claims = (struct token_claims){.issued_s = w.iat,
	    .expires_s = w.exp,
	    .key_created_ms = w.keyCreated,
	    .owners = w.owners};
	if (w.has_kid)
		memcpy(claims.kid, w.kid, strlen(w.kid) + 1);
	memcpy(claims.jti, w.jti, strlen(w.jti) + 1);
	TRY(tenant_id_parse(w.tenant, &claims.tenant, err));
	TRY(user_id_parse(w.user, &claims.user, err));
	*out = claims;
	return ES_OK;
}

enum es_code
ticket_decode(const char *json, size_t len, struct token_claims *out, struct es_err *err)
{
	struct arena *a = arena_new();
	const enum es_code rc = ticket_read(json, len, a, out, err);

	arena_free(&a);
	return rc == ES_OK ? ES_OK : es_fail(err, ES_INVALID, "not a ticket's claims");
}
