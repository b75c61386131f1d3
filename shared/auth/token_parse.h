/* The text form of a token (RFC 7515 section 7.1): three base64url parts, read strictly.
 * Nothing here is verified. */
#ifndef AUTH_TOKEN_PARSE_H
#define AUTH_TOKEN_PARSE_H

#include <stdint.h>

#include "auth/token.h"

struct token_head {
	const char *alg, *kid; /* kid: NULL when absent */
};

struct token_body {
	const char *iss, *sub, *tid;
	const char *aud; /* JSON: a string or an array of strings */
	const char *jti; /* NULL when absent */
	int64_t exp, iat, nbf;
	bool has_nbf, has_jti;
};

/* The three parts; false unless there are exactly three of canonical base64url. */
struct token_text {
	const char *part[3];
	size_t len[3];
};
bool token_split(const char *jwt, struct token_text *out) ES_MUST_CHECK;

/* The bytes of a part, and how many. */
const char *token_part(
    const struct token_text *t, unsigned part, struct arena *a, size_t *out_len);

/* Refuse `crit`, duplicate members, wrong types, NUL, numbers with fraction. */
enum es_code token_parse_head(const struct token_text *t, struct arena *a,
    struct token_head *out, struct es_err *err) ES_MUST_CHECK;
enum es_code token_parse_body(const struct token_text *t, struct arena *a,
    struct token_body *out, struct es_err *err) ES_MUST_CHECK;

/* Is name the aud, or one of its elements? */
bool token_audience_has(const char *aud, const char *name, struct arena *a) ES_MUST_CHECK;

#endif
