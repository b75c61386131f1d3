/* Checks tokens of tenants' own issuers in three steps: read the issuer's keys, verify
 * the signature, look up the user of the token's subject. One statement serves many
 * tokens, and no function blocks the loop. */
#ifndef PUSH_BEARERS_H
#define PUSH_BEARERS_H

#include "auth/issuer.h"
#include "auth/token.h"
#include "conn/conn.h"

struct bearers;
struct pg_async;

enum bearer_kind {
	BEARER_GREETING, /* the first token, c->auth.token until it is verified */
	BEARER_OPENING,  /* the same check as BEARER_KEY, but before hello */
	BEARER_FRESH,    /* the token of an auth frame after hello */
	BEARER_KEY, /* checks that the key that signed the token in force still exists */
};

/* Called once with the result, unless the connection is closed. If claims is NULL, the
 * token is refused. For BEARER_KEY it is called only after a refusal. */
typedef void bearer_done(void *ctx, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims, const struct es_err *refused);

struct bearers *bearers_new(
    struct conns *conns, struct pg_async *pg, bearer_done *done, void *ctx);
/* No statement may be under way. */
void bearers_free(struct bearers **b);

/* Starts the check of a token. hint is the result of issuer_peek(). Keeps a copy of
 * token, except for BEARER_GREETING. */
void bearers_add(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const char *token, const struct issuer_hint *hint);
/* Asks the database whether the key that signed the verified token still exists, and
 * repeats a query that fails. Returns false when the installation has signed the token,
 * so that no query is needed. */
bool bearers_check_claims(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims);
/* Reads the tenant's keys again before their next use. */
void bearers_forget_keys(struct bearers *b, const struct tenant_id *tenant);
/* Call it at the end of a turn: verifies the new tokens and sends the look-ups. */
void bearers_turn(struct bearers *b);

#endif
