/* From the upgrade to hello: the token, its user in the database, the Origin, the number
 * of the user's connections. */
#ifndef PUSH_GREETING_H
#define PUSH_GREETING_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* The socket is up: check the token of the handshake, or wait for an auth frame. Ends
 * with hello or a close. */
void greeting_begin(struct who *w, struct conn *c);
/* The first token came in an auth frame; a bad one closes. */
void greeting_token(struct who *w, struct conn *c, const char *token);
/* The token is good and its user is being looked up or counted: frames wait. */
bool greeting_is_checking(const struct conn *c);

/* For who.c: the answer about the user, and once a second. */
void greeting_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);
void greeting_tick(struct who *w);

#endif
