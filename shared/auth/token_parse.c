#include "auth/token_parse.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "json/json_bind.h"

#include "core/banned.h"

static int
token_parse_sextet(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '-')
		return 62;
	return c == '_' ? 63 : -1;
}

/* True for canonical base64url: no padding, no character outside the alphabet, unused
 * bits zero. Each value has only one canonical text. */
static bool
token_parse_canonical(const char *s, size_t len)
{
	if (len == 0 || len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (token_parse_sextet(s[i]) < 0)
			return false;
	if (len % 4 == 2)
		return (token_parse_sextet(s[len - 1]) & 15) == 0;
	return len % 4 == 0 || (token_parse_sextet(s[len - 1]) & 3) == 0;
}

/* Decodes canonical base64url. */
static char *
token_parse_decode(const char *s, size_t len, struct arena *a, size_t *out_len)
{
	char *out = arena_alloc(a, len / 4 * 3 + 3);
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 6 | (unsigned)token_parse_sextet(s[i])) & 0xffff;
		n_bits += 6;
		if (n_bits >= 8) {
			n_bits -= 8;
			out[n++] = (char)(bits >> n_bits & 0xff);
		}
	}
	*out_len = n;
	return out;
}

const char *
token_base64url(const char *s, size_t len, struct arena *a, size_t *out_len)
{
	return token_parse_canonical(s, len) ? token_parse_decode(s, len, a, out_len)
	                                     : NULL;
}

const char *
token_part(const struct token_text *t, unsigned part, struct arena *a, size_t *out_len)
{
	return token_parse_decode(t->part[part], t->len[part], a, out_len);
}

bool
token_split(const char *jwt, struct token_text *out)
{
	struct token_text t;

	for (int i = 0; i < 3; i++) {
		t.part[i] = jwt;
		t.len[i] = strcspn(jwt, ".");
		if (!token_parse_canonical(jwt, t.len[i]))
			return false;
		jwt += t.len[i];
		if (*jwt != (i < 2 ? '.' : '\0'))
			return false;
		jwt++;
	}
	*out = t;
	return true;
}

const char *
token_split_fault(const char *jwt)
{
	const char *first = strchr(jwt, '.');
	const char *second = first != NULL ? strchr(first + 1, '.') : NULL;

	if (second != NULL && second[1] == '\0')
		return "has no signature; alg none is not accepted";
	return "must be three parts of base64url without padding, separated by dots";
}

static bool
token_parse_is_known_type(const char *typ)
{
	static const char prefix[] = "application/";

	if (strncasecmp(typ, prefix, sizeof(prefix) - 1) == 0)
		typ += sizeof(prefix) - 1;
	return strcasecmp(typ, "JWT") == 0 || strcasecmp(typ, "at+jwt") == 0;
}

enum es_code
token_parse_head(const struct token_text *t, struct arena *a, struct token_head *out,
    struct es_err *err)
{
	struct raw {
		const char *alg, *kid, *typ, *crit;
		bool has_crit;
	} raw = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct raw, alg, JSON_STRING, true, 1, 16),
	    JSON_FIELD(struct raw, kid, JSON_STRING, false, 1, 128),
	    JSON_FIELD(struct raw, typ, JSON_STRING, false, 1, 32),
	    {.name = "crit",
		.kind = JSON_RAW,
		.offset = offsetof(struct raw, crit),
		.max = TOKEN_MAX,
		.present = offsetof(struct raw, has_crit)},
	};
	size_t len;
	const char *json = token_parse_decode(t->part[0], t->len[0], a, &len);

	TRY(json_bind(
	    json, len, fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN, a, &raw, err));
	if (raw.has_crit) /* RFC 7515 section 4.1.11: we support no extension */
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: unknown critical header (crit)");
	if (raw.typ != NULL && !token_parse_is_known_type(raw.typ))
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: typ is neither JWT nor at+jwt");
	*out = (struct token_head){.alg = raw.alg, .kid = raw.kid};
	return ES_OK;
}

/* Reads a NumericDate (RFC 7519 section 2), which is any JSON number. json is its text
 * in the token. */
static enum es_code
token_parse_time(const char *field, const char *json, double *out, struct es_err *err)
{
	char *end;
	const double t = strtod(json, &end);

	if (json[0] < '0' || json[0] > '9' || *end != '\0' ||
	    !(t <= (double)ES_INT_MAX_EXACT))
		return es_fail_field(
		    err, ES_INVALID, field, "must be a number of seconds since 1970");
	*out = t;
	return ES_OK;
}

/* t is 0 to 2^53. */
static int64_t
token_parse_round_up(double t)
{
	const int64_t whole = (int64_t)t;

	return whole + (t > (double)whole);
}

struct raw_body {
	const char *iss, *aud, *sub, *tid, *jti, *exp, *iat, *nbf;
	bool es_minted, has_nbf, has_jti, has_es_minted;
};

static const struct json_field body_fields[] = {
    JSON_FIELD(struct raw_body, iss, JSON_STRING, true, 1, 512),
    JSON_FIELD(struct raw_body, aud, JSON_RAW, false, 1, TOKEN_MAX),
    JSON_FIELD(struct raw_body, sub, JSON_STRING, true, 1, 255),
    JSON_FIELD(struct raw_body, tid, JSON_STRING, false, 1, 255),
    JSON_FIELD(struct raw_body, exp, JSON_RAW, true, 1, TOKEN_MAX),
    JSON_FIELD(struct raw_body, iat, JSON_RAW, true, 1, TOKEN_MAX),
    JSON_FIELD_OPT(struct raw_body, nbf, JSON_RAW, 1, TOKEN_MAX),
    JSON_FIELD_OPT(struct raw_body, jti, JSON_STRING, 1, 63),
    JSON_FIELD_OPT(struct raw_body, es_minted, JSON_BOOL, 0, 0),
};

enum es_code
token_parse_body(const struct token_text *t, struct arena *a, struct token_body *out,
    struct es_err *err)
{
	struct raw_body raw = {0};
	double exp = 0, iat = 0, nbf = 0;
	size_t len;
	const char *json = token_parse_decode(t->part[1], t->len[1], a, &len);

	TRY(json_bind(json, len, body_fields, ES_COUNT(body_fields), JSON_IGNORE_UNKNOWN,
	    a, &raw, err));
	TRY(token_parse_time("exp", raw.exp, &exp, err));
	TRY(token_parse_time("iat", raw.iat, &iat, err));
	if (raw.has_nbf)
		TRY(token_parse_time("nbf", raw.nbf, &nbf, err));
	*out = (struct token_body){
	    .iss = raw.iss,
	    .sub = raw.sub,
	    .tid = raw.tid,
	    .aud = raw.aud,
	    .jti = raw.jti,
	    .exp = (int64_t)exp,
	    .issued = (int64_t)iat,
	    .usable = token_parse_round_up(iat),
	    .nbf = token_parse_round_up(nbf),
	    .has_jti = raw.has_jti,
	    .minted = raw.es_minted,
	};
	return ES_OK;
}

static bool
token_parse_is_text(const char *json, const char *name, struct arena *a)
{
	struct es_err err;
	const char *text;

	return json_bind_text(json, a, &text, &err) == ES_OK && strcmp(text, name) == 0;
}

bool
token_audience_has(const char *aud, const char *name, struct arena *a)
{
	struct raw {
		const struct json_list *aud;
	} raw = {0};
	static const struct json_field fields[] = {
	    JSON_FIELD(struct raw, aud, JSON_ARRAY, true, 0, 64),
	};
	const char *object = arena_printf(a, "{\"aud\":%s}", aud != NULL ? aud : "null");
	struct es_err err;

	if (aud == NULL)
		return false;
	if (aud[0] == '"')
		return token_parse_is_text(aud, name, a);
	if (aud[0] != '[' || json_bind(object, strlen(object), fields, 1,
				 JSON_REFUSE_UNKNOWN, a, &raw, &err) != ES_OK)
		return false;
	for (size_t i = 0; i < raw.aud->n; i++)
		if (token_parse_is_text(raw.aud->items[i], name, a))
			return true;
	return false;
}
