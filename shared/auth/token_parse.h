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
	/* Seconds since 1970. A fraction is rounded so that the token lives shorter: exp
	 * down, nbf and usable up. iat is stored twice: usable is rounded up, and issued
	 * is rounded down, since a revocation covers the tokens issued before it. */
	int64_t exp, issued, usable, nbf; /* nbf 0: the token has none */
	bool has_jti;
	/* The token claims that EchoStream minted it, with an iat of
	 * token_store_issue_s(). The claim counts only when a key of the installation has
	 * signed the token. */
	bool minted;
};

/* The three parts of a token. token_split() returns false unless jwt has exactly three
 * parts in canonical base64url. */
struct token_text {
	const char *part[3];
	size_t len[3];
};
bool token_split(const char *jwt, struct token_text *out) ES_MUST_CHECK;

/* Returns, as a text for the sender, why token_split() refused jwt. */
const char *token_split_fault(const char *jwt);

/* Decodes base64url without padding. Returns NULL when s is malformed. The bytes are
 * allocated in the arena a. */
const char *token_base64url(const char *s, size_t len, struct arena *a, size_t *out_len);

/* Decodes one part of a token. The bytes are allocated in the arena a. */
const char *token_part(
    const struct token_text *t, unsigned part, struct arena *a, size_t *out_len);

/* token_parse_head() and token_parse_body() refuse `crit`, duplicate members, wrong
 * types, NUL, and times outside of 0 to 2^53. typ may be JWT or at+jwt (RFC 9068), with
 * or without application/ before it. */
enum es_code token_parse_head(const struct token_text *t, struct arena *a,
    struct token_head *out, struct es_err *err) ES_MUST_CHECK;
enum es_code token_parse_body(const struct token_text *t, struct arena *a,
    struct token_body *out, struct es_err *err) ES_MUST_CHECK;

/* True when aud is name, or an array with name in it. */
bool token_audience_has(const char *aud, const char *name, struct arena *a) ES_MUST_CHECK;

/* In token.c. Checks iat and nbf with the leeway, and exp without it. The iat of a minted
 * token may be ahead by TOKEN_MINTED_AHEAD_S more. Returns ES_TOKEN_EXPIRED after exp,
 * and ES_UNAUTHENTICATED for a wrong iat or nbf. */
enum es_code token_check_times(const struct token_body *body, int64_t leeway_s,
    int64_t now_s, struct es_err *err) ES_MUST_CHECK;

/* In token.c: the earliest time by the database's clock at which the token can have been
 * made, for struct token_claims. */
int64_t token_issued_s(const struct token_body *body, int64_t leeway_s);

#endif
