/* Redeems tickets of POST /api/v1/ws/tickets: GETDEL reads the ticket's claims from Redis
 * and deletes them, so that only one of several workers gets them. */
#ifndef PUSH_TICKET_REDEEM_H
#define PUSH_TICKET_REDEEM_H

#include "auth/token.h"
#include "core/err.h"
#include "who/who_state.h"

/* Called with the result, if the connection still exists. rc is ES_OK with claims that
 * have not expired; ES_UNAUTHENTICATED for a ticket that is unknown, used or older than
 * TICKET_TTL_MS; ES_TOKEN_EXPIRED for expired claims; ES_UNAVAILABLE when Redis does not
 * answer, so that the ticket may or may not be used up. */
typedef void ticket_redeemed(struct who *w, struct conn *c, enum es_code rc,
    const struct token_claims *claims, const struct es_err *err);

/* Calls done once, after this function has returned; never when the connection is closed
 * first. Returns ES_UNAVAILABLE while Redis is down; then done is not called. */
enum es_code ticket_redeem(struct who *w, struct conn *c, const char *ticket,
    ticket_redeemed *done, struct es_err *err) ES_MUST_CHECK;

#endif
