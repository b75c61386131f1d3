/* Revoked tokens: of one user ("all that were issued before now"), and single ones by
 * their jti. Each revocation raises the tenant's acl_version in the same transaction, so
 * that push workers look at the sockets of these tokens again. */
#ifndef STORE_TOKEN_STORE_H
#define STORE_TOKEN_STORE_H

#include <stdbool.h>
#include <stdint.h>

#include "pg/pg.h"
#include "store/actor.h"

/* Rows of one tenant that name no user; the limit of rows of one user is a setting. */
#define TOKEN_STORE_TENANT_MAX 100000

/* A row is kept this much longer than its token lives: token_verify() takes a token until
 * ES_JWT_LEEWAY_S (at most 300) after its end. */
#define TOKEN_STORE_KEEP_S 300

struct token_revocation {
	int64_t
	    valid_after_ms;  /* of a user: tokens issued at or before this are refused */
	int64_t acl_version; /* the tenant's, with this change */
};

/* All tokens of a user that were issued until now. A user revokes its own, owners and
 * admins those of others, and only an owner those of an owner. now_ms is the caller's
 * clock: the later one of it and the database's counts, since programs of an earlier
 * release mint by their own clock. ES_NOT_FOUND, ES_FORBIDDEN. */
enum es_code token_store_revoke_user(struct pg *pg, const struct actor *who,
    const struct user_id *user, int64_t now_ms, struct arena *a,
    struct token_revocation *out, struct es_err *err) ES_MUST_CHECK;

/* The tokens with this jti, until expires_ms. user NULL: of whatever user of the tenant,
 * but not of owners unless who is one; takes an owner or admin. max: rows that may be
 * kept for this user (TOKEN_STORE_TENANT_MAX where user is NULL); ES_QUOTA_EXCEEDED
 * beyond it. Repeating is harmless: the later end counts. */
struct token_jti {
	const char *jti; /* 1 to 63 bytes */
	const struct user_id *user;
	int64_t expires_ms, max;
};
enum es_code token_store_revoke_jti(struct pg *pg, const struct actor *who,
    const struct token_jti *in, struct arena *a, struct token_revocation *out,
    struct es_err *err) ES_MUST_CHECK;

/* Inside a transaction that holds the tenant's row: the jti of what was opened with a key
 * that is revoked, for every user. */
enum es_code token_store_end_jti(struct pg *pg, const struct tenant_id *tenant,
    const struct token_jti *in, struct arena *a, struct token_revocation *out,
    struct es_err *err) ES_MUST_CHECK;

/* The iat of a token that EchoStream mints now: the second of the database's clock, or
 * the next one after a revocation in this second. A revocation that begins later ends the
 * token, and no earlier one does. Seconds since 1970. ES_NOT_FOUND; ES_RATE_LIMITED after
 * a second revocation within the second, until that is over. */
enum es_code token_store_issue_s(struct pg *pg, const struct tenant_id *tenant,
    const struct user_id *user, struct arena *a, int64_t *out,
    struct es_err *err) ES_MUST_CHECK;

#endif
