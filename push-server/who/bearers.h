/* Tokens of tenants' own issuers on their way to a user: the keys of the issuer, the
 * signature, the user of the subject. Whatever has to be asked is asked for many tokens
 * by one statement, and nothing here blocks the loop. */
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

/* hint of the token (issuer_peek). token: a copy is kept, but for BEARER_GREETING. */
void bearers_add(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const char *token, const struct issuer_hint *hint);
/* Ask whether the key that has signed is still there. The claims are verified already,
 * and their user is asked about by its id. Nothing to ask for a token of the
 * installation: false. An unanswered question is repeated. */
bool bearers_check_claims(struct bearers *b, struct conn *c, enum bearer_kind kind,
    const struct token_claims *claims);
/* Rights in the tenant have changed: its keys perhaps, too. */
void bearers_forget_keys(struct bearers *b, const struct tenant_id *tenant);
/* End of a turn. */
void bearers_turn(struct bearers *b);

#endif
