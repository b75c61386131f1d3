/* From the upgrade to hello: verify the token, look up its user in the database, check
 * the Origin, and count the user's connections. */
#ifndef PUSH_GREETING_H
#define PUSH_GREETING_H

#include "store/principal_store.h"
#include "who/user_lookups.h"
#include "who/who_state.h"

/* The WebSocket is up: check the token of the handshake, or wait for an auth frame. The
 * result is a hello frame or a close. */
void greeting_begin(struct who *w, struct conn *c);
/* The first token arrived in an auth frame; a bad token closes the connection. */
void greeting_token(struct who *w, struct conn *c, const char *token);
/* True while the worker waits for the answer about a ticket, about the user of a verified
 * token, or about the number of the user's connections. All frames wait in that time. */
bool greeting_is_checking(const struct conn *c);

/* For who.c: the token of a tenant's issuer is verified, or refused (claims NULL). */
void greeting_verified(struct who *w, struct conn *c, const struct token_claims *claims,
    const struct es_err *refused);
/* For who.c: takes the answer whether the key that signed the verified token still
 * exists. refused is NULL when the key exists, else the reason of the refusal. */
void greeting_key_checked(struct who *w, struct conn *c, const struct es_err *refused);
/* For who.c: greeting_answer() takes the database's answer about the user;
 * greeting_tick() runs once a second. */
void greeting_answer(struct who *w, struct conn *c, const struct lookup *look,
    const struct principal_answer *answer, struct arena *a);
void greeting_tick(struct who *w);

#endif
