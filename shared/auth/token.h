/* JSON Web Tokens: minting and verifying (RFC 7519, RFC 8725). The algorithm is pinned
 * per key and never taken from the token; every claim is checked here. */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/id.h"

#define TOKEN_KID_MAX 128  /* bytes */
#define TOKEN_MAX     4096 /* bytes; a longer token is refused without being read */
/* Seconds, beyond the leeway, that the iat of a token minted by EchoStream may lie in the
 * future. A token that is minted in the second of a revocation gets the next second as
 * its iat (token_store_issue_s). */
#define TOKEN_MINTED_AHEAD_S 1

enum token_alg { TOKEN_HS256, TOKEN_ES256, TOKEN_RS256, TOKEN_EDDSA };

struct token_pubkey;

struct token_key {
	const char *kid;
	enum token_alg alg;
	const char
	    *verify; /* HS256: the secret; ES256: the public key, PEM. Never NULL */
	/* ES256: the public key in verify, parsed. NULL: token_verify() parses it for
	 * each token, which takes 300 us. */
	const struct token_pubkey *parsed;
	const char *sign; /* HS256: NULL (verify is used); ES256: private PEM, or NULL */
};

struct token_rules {
	const struct token_key *keys;
	size_t n_keys;
	const char *issuer, *audience;
	int64_t leeway_s;
	/* The caller of token_mint() takes now_s from the database
	 * (token_store_issue_s()). The tokens carry the claim es_minted, and a revocation
	 * needs no leeway for them. */
	bool minted_at_database_time;
};

struct token_claims {
	struct tenant_id tenant; /* tid */
	struct user_id user;     /* sub */
	char jti[64];
	/* Seconds since 1970. issued_s is the earliest moment, by the database's clock,
	 * at which the token can have been made: iat, less the leeway unless EchoStream
	 * minted it. A revocation at time T revokes all tokens with issued_s <= T. */
	int64_t issued_s, expires_s;
	/* The key of the tenant's own issuer that signed the token; kid "" means a key
	 * of the installation. */
	char kid[TOKEN_KID_MAX + 1];
	int64_t key_created_ms;
	bool owners; /* the key may sign for owners */
};

/* Returns the name in the header of a token: HS256 ES256 RS256 EdDSA. */
const char *token_alg_name(enum token_alg alg);
bool token_alg_parse(const char *name, enum token_alg *out) ES_MUST_CHECK;

/* Verifies jwt. Keys may share a kid: each key with the token's kid and algorithm is
 * tried. A token without kid is tried against the HS256 keys only. iat is required, since
 * revocation compares it. The leeway applies to nbf and iat: a clock behind the issuer's
 * must not refuse a token that was just made. A token expires at exp by our clock, on
 * REST and on sockets.
 *
 * Returns ES_OK only when signature, alg, kid, iss, aud, exp, nbf, iat, sub and tid are
 * all valid. Returns ES_TOKEN_EXPIRED for an otherwise valid token after exp, and
 * ES_UNAUTHENTICATED for all else; err->text says what is wrong. */
enum es_code token_verify(const struct token_rules *rules, const char *jwt, int64_t now_s,
    struct token_claims *out, struct es_err *err) ES_MUST_CHECK;

/* Mints a token that is signed with keys[0], has a fresh jti and the iat now_s. The text
 * is allocated in the arena a. */
enum es_code token_mint(const struct token_rules *rules, const struct tenant_id *tenant,
    const struct user_id *user, int64_t now_s, int64_t ttl_s, struct arena *a,
    const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
