/* Tokens of tenants' own issuers on their way to a user: the keys of the issuer, the
 * signature, the user of the subject. One statement asks for many tokens, and no function
 * blocks the loop. */
#ifndef PUSH_BEARERS_H
#define PUSH_BEARERS_H

#include "auth/issuer.h"
#include "auth/token.h"
#include "conn/conn.h"

struct bearers;
struct pg_async;

enum bearer_kind {
	BEARER_GREETING, /* the token is c->who.token until it is verified */
	BEARER_OPENING,  /* as BEARER_KEY, before the connection is opened */
	BEARER_FRESH,
	BEARER_KEY, /* is the key of the token in force still there? */
};

/* The answer for a connection that is still there. BEARER_KEY: only with a refusal. */
typedef void bearer_done(void *ctx, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims, const struct es_err *refused);

struct bearers *bearers_new(
    struct conns *conns, struct pg_async *pg, bearer_done *done, void *ctx);
/* Nothing is under way. */
void bearers_free(struct bearers **b);

/* hint of the token (issuer_peek). Keeps a copy of token, except for BEARER_GREETING. */
void bearers_add(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const char *token, const struct issuer_hint *hint);
/* Asks whether the key that signed the token still exists. The claims are verified
 * already, and the question names their user by its id. False for a token of the
 * installation, which needs no question. Repeats a question that gets no answer. */
bool bearers_check_claims(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims);
/* Rights in the tenant have changed, so its keys may have changed, too. */
void bearers_forget_keys(struct bearers *b, const struct tenant_id *tenant);
/* End of a turn. */
void bearers_turn(struct bearers *b);

#endif
