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
	const char *iss, *sub;
	const char *tid; /* NULL when absent */
	const char *aud; /* JSON: a string or an array of strings; NULL when absent */
	const char *jti; /* NULL when absent */
	/* Seconds since 1970. A fraction makes a token good later and over earlier: exp
	 * is rounded down, nbf and usable (iat) up. issued is iat rounded down, since a
	 * revocation refuses tokens from before it. */
	int64_t exp, issued, usable, nbf; /* nbf 0: the token has none */
	bool has_jti;
	/* EchoStream has minted the token, with the iat of token_store_issue_s(). Only
	 * believed of a key of the installation. */
	bool minted;
};

/* The three parts; false unless there are exactly three of canonical base64url. */
struct token_text {
	const char *part[3];
	size_t len[3];
};
bool token_split(const char *jwt, struct token_text *out) ES_MUST_CHECK;

/* Why token_split() refused jwt, in words for the sender. */
const char *token_split_fault(const char *jwt);

/* The bytes of base64url without padding; NULL when s is none. */
const char *token_base64url(const char *s, size_t len, struct arena *a, size_t *out_len);

/* The bytes of a part, and how many. */
const char *token_part(
    const struct token_text *t, unsigned part, struct arena *a, size_t *out_len);

/* Refuse `crit`, duplicate members, wrong types, NUL, times that are no numbers of 0 to
 * 2^53. typ is JWT or at+jwt (RFC 9068), with or without application/ before it. */
enum es_code token_parse_head(const struct token_text *t, struct arena *a,
    struct token_head *out, struct es_err *err) ES_MUST_CHECK;
enum es_code token_parse_body(const struct token_text *t, struct arena *a,
    struct token_body *out, struct es_err *err) ES_MUST_CHECK;

/* Is name the aud, or one of its elements? */
bool token_audience_has(const char *aud, const char *name, struct arena *a) ES_MUST_CHECK;

/* In token.c: iat and nbf with the leeway, exp without. The iat of a minted token may be
 * ahead by TOKEN_MINTED_AHEAD_S more. ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED. */
enum es_code token_check_times(const struct token_body *body, int64_t leeway_s,
    int64_t now_s, struct es_err *err) ES_MUST_CHECK;

/* In token.c: the earliest time by the database's clock at which the token can have been
 * made, for struct token_claims. */
int64_t token_issued_s(const struct token_body *body, int64_t leeway_s);

#endif
