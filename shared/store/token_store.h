/* Revocation of tokens: all tokens of a user that were issued until now, or the tokens
 * with one jti. Each revocation raises the tenant's acl_version in the same transaction,
 * so that push workers check the sockets of these tokens again. */
#ifndef STORE_TOKEN_STORE_H
#define STORE_TOKEN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

/* Largest number of rows of a tenant that name no user. A setting limits the rows of one
 * user. */
#define TOKEN_STORE_TENANT_MAX 100000

/* Seconds that a row is kept after the end of its token: token_verify() still accepts a
 * token for ES_JWT_LEEWAY_S, at most 300 s, after its end. */
#define TOKEN_STORE_KEEP_S 300

struct token_revocation {
	/* Unix time in ms. Tokens of the user that were issued at or before it are
	 * refused. */
	int64_t valid_after_ms;
	/* version of the tenant's rights after the revocation */
	int64_t acl_version;
};

/* Revokes all tokens of a user that were issued until now. A user may revoke its own
 * tokens. Owners and admins may revoke those of other users, but only an owner those of
 * an owner: else ES_FORBIDDEN. now_ms is the caller's clock. The later of now_ms and the
 * database's clock counts, because programs of an earlier release mint tokens by their
 * own clock. ES_NOT_FOUND: the user is unknown. */
enum es_code token_store_revoke_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err) ES_MUST_CHECK;

/* Revokes the tokens with this jti until expires_ms. user NULL: the tokens of any user of
 * the tenant; the caller must be an owner or admin, and tokens of owners are spared
 * unless the caller is an owner. max is the number of rows kept for this user
 * (TOKEN_STORE_TENANT_MAX without a user); ES_QUOTA_EXCEEDED beyond it. A repeated call
 * keeps the later expires_ms. */
struct token_jti {
	const char *jti; /* 1 to 63 bytes */
	const struct user_id *user;
	int64_t expires_ms, max;
};
enum es_code token_store_revoke_jti(struct pg *pg, const struct actor *who,
    const struct token_jti *in, struct arena *a, struct token_revocation *out,
    struct es_err *err) ES_MUST_CHECK;

/* Revokes the jti of a revoked API key's sockets, for every user. The caller's
 * transaction holds the lock of the tenant's row. */
enum es_code token_store_end_jti(struct pg *pg, const struct tenant_id *tenant,
    const struct token_jti *in, struct arena *a, struct token_revocation *out,
    struct es_err *err) ES_MUST_CHECK;

/* Returns the iat for a token that EchoStream mints now, in seconds since 1970: the
 * second of the database's clock, or the next second after a revocation in this second. A
 * revocation that begins later revokes the token; an earlier one does not. ES_NOT_FOUND:
 * the user is unknown. ES_RATE_LIMITED: the tokens were revoked twice within one second;
 * err->retry_after_ms says when to try again. */
enum es_code token_store_issue_s(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, int64_t *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
