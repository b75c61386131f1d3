/* An auth frame on an open connection: a fresh token of the same user replaces the token
 * in force. */
#ifndef PUSH_FRESH_TOKEN_H
#define PUSH_FRESH_TOKEN_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* After ES_OK an ack or error frame follows; id is the client's frame id, or NULL.
 * Returns ES_BUSY while another fresh token is being checked, and ES_FORBIDDEN for a
 * token of another user. */
enum es_code fresh_token_begin(struct who *w, struct conn *c, const char *token,
    const char *id, struct es_err *err) ES_MUST_CHECK;

/* For who.c: the token of a tenant's issuer is verified, or refused (claims NULL). */
void fresh_token_verified(struct who *w, struct conn *c,
    const struct token_claims *claims, const struct es_err *refused);
/* For who.c: takes the database's answer about the user. */
void fresh_token_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);

#endif
