/* Stores the database's answer about the user of a connection, and closes the connection
 * when that answer refuses the user. */
#ifndef PUSH_IDENTITY_H
#define PUSH_IDENTITY_H

#include "store/principal_store.h"
#include "store/tenant_settings.h"
#include "who/bearers.h"
#include "who/who_state.h"

/* Checks signature, claims and expiry of a token of the installation, without the
 * database. Returns ES_BUSY for a token of a tenant's own issuer, whose result bearers.h
 * reports later. */
enum es_code identity_verify(struct who *w, struct conn *c, enum bearer_kind kind,
    const char *token, struct token_claims *out, struct es_err *err) ES_MUST_CHECK;

/* Copies the claims to the connection: their token is now the token in force. */
void identity_adopt_claims(struct conn *c, const struct token_claims *claims);
/* Stores the user's name, role and limits as the database has them now. The texts of
 * out_settings are allocated in a. */
void identity_adopt_principal(struct who *w, struct conn *c, const struct principal *p,
    struct arena *a, struct tenant_settings *out_settings);

/* Returns true when rc means that the database could not answer, so that nothing is known
 * about the user. */
bool identity_unanswered(enum es_code rc);
/* Closes the connection with 4001 or 4002 for a bad or expired token, 4003 for a revoked
 * token or a deactivated user, 4004 for a suspended tenant. */
void identity_refuse(struct conn *c, enum es_code why, const char *text);
/* Closes an open connection whose user may not be connected with any token. Calls
 * who_events.user_gone first. */
void identity_end(struct who *w, struct conn *c, const struct es_err *why);
/* The database refuses the token or the user of an open connection: close the connection.
 * If the user is gone (deactivated, unknown, or of a suspended tenant), the other
 * connections of the user or of the tenant are closed at the end of this turn. */
void identity_on_refused(
    struct who *w, struct conn *c, const struct principal_answer *answer);

#endif
