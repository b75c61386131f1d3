#include "auth/token_parse.h"

#include <string.h>
#include <strings.h>

#include "json/json_bind.h"

#include "core/banned.h"

static int
sextet(char c)
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

/* No padding, no other alphabet, unused bits zero: one text for one value. */
static bool
canonical(const char *s, size_t len)
{
	if (len == 0 || len % 4 == 1)
		return false;
	for (size_t i = 0; i < len; i++)
		if (sextet(s[i]) < 0)
			return false;
	if (len % 4 == 2)
		return (sextet(s[len - 1]) & 15) == 0;
	return len % 4 == 0 || (sextet(s[len - 1]) & 3) == 0;
}

/* s is canonical. */
static char *
decode(const char *s, size_t len, struct arena *a, size_t *out_len)
{
	char *out = arena_alloc(a, len / 4 * 3 + 3);
	unsigned bits = 0, n_bits = 0;
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		bits = (bits << 6 | (unsigned)sextet(s[i])) & 0xffff;
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
token_part(const struct token_text *t, unsigned part, struct arena *a, size_t *out_len)
{
	return decode(t->part[part], t->len[part], a, out_len);
}

bool
token_split(const char *jwt, struct token_text *out)
{
	struct token_text t;

	for (int i = 0; i < 3; i++) {
		t.part[i] = jwt;
		t.len[i] = strcspn(jwt, ".");
		if (!canonical(jwt, t.len[i]))
			return false;
		jwt += t.len[i];
		if (*jwt != (i < 2 ? '.' : '\0'))
			return false;
		jwt++;
	}
	*out = t;
	return true;
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
	    JSON_FIELD(struct raw, typ, JSON_STRING, false, 1, 16),
	    {.name = "crit",
		.kind = JSON_RAW,
		.offset = offsetof(struct raw, crit),
		.max = TOKEN_MAX,
		.present = offsetof(struct raw, has_crit)},
	};
	size_t len;
	const char *json = decode(t->part[0], t->len[0], a, &len);

	TRY(json_bind(
	    json, len, fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN, a, &raw, err));
	if (raw.has_crit) /* RFC 7515 section 4.1.11: we understand none */
		return es_fail(
		    err, ES_UNAUTHENTICATED, "token: unknown critical header (crit)");
	if (raw.typ != NULL && strcasecmp(raw.typ, "JWT") != 0)
		return es_fail(err, ES_UNAUTHENTICATED, "token: typ is not JWT");
	*out = (struct token_head){.alg = raw.alg, .kid = raw.kid};
	return ES_OK;
}

enum es_code
token_parse_body(const struct token_text *t, struct arena *a, struct token_body *out,
    struct es_err *err)
{
	static const struct json_field fields[] = {
	    JSON_FIELD(struct token_body, iss, JSON_STRING, true, 1, 512),
	    JSON_FIELD(struct token_body, aud, JSON_RAW, true, 1, TOKEN_MAX),
	    JSON_FIELD(struct token_body, sub, JSON_STRING, true, 1, 255),
	    JSON_FIELD(struct token_body, tid, JSON_STRING, true, 1, 255),
	    JSON_FIELD(struct token_body, exp, JSON_INT, true, 0, ES_INT_MAX_EXACT),
	    JSON_FIELD(struct token_body, iat, JSON_INT, true, 0, ES_INT_MAX_EXACT),
	    JSON_FIELD_OPT(struct token_body, nbf, JSON_INT, 0, ES_INT_MAX_EXACT),
	    JSON_FIELD_OPT(struct token_body, jti, JSON_STRING, 1, 63),
	};
	struct token_body body = {0};
	size_t len;
	const char *json = decode(t->part[1], t->len[1], a, &len);

	TRY(json_bind(
	    json, len, fields, ES_COUNT(fields), JSON_IGNORE_UNKNOWN, a, &body, err));
	*out = body;
	return ES_OK;
}

static bool
is_text(const char *json, const char *name, struct arena *a)
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
	const char *object = arena_printf(a, "{\"aud\":%s}", aud);
	struct es_err err;

	if (aud[0] == '"')
		return is_text(aud, name, a);
	if (aud[0] != '[' || json_bind(object, strlen(object), fields, 1,
				 JSON_REFUSE_UNKNOWN, a, &raw, &err) != ES_OK)
		return false;
	for (size_t i = 0; i < raw.aud->n; i++)
		if (is_text(raw.aud->items[i], name, a))
			return true;
	return false;
}
