/* Stores the database's answer about the user of a connection, and closes the connection
 * when that answer refuses the user. */
#ifndef PUSH_IDENTITY_H
#define PUSH_IDENTITY_H

#include "store/principal_store.h"
#include "store/tenant_settings.h"
#include "who/who_state.h"

/* Signature, claims and expiry; no database. ES_TOKEN_EXPIRED also within the leeway: a
 * socket lives no longer than its token. */
enum es_code identity_verify(struct who *w, const char *token, struct token_claims *out,
    struct es_err *err) ES_MUST_CHECK;

/* The claims become those in force. */
void identity_adopt_claims(struct conn *c, const struct token_claims *claims);
/* Name, role and limits as the database has them now; out_settings lives in a. */
void identity_adopt_principal(struct who *w, struct conn *c, const struct principal *p,
    struct arena *a, struct tenant_settings *out_settings);

/* The database could not say, so this is no answer about the user. */
bool identity_unanswered(enum es_code rc);
/* Close for a bad token (4001, 4002), a revoked one or a deactivated user (4003), or a
 * suspended tenant (4004). */
void identity_refuse(struct conn *c, enum es_code why, const char *text);
/* The same for a live socket whose user, whatever the token, may not be here any more:
 * tells who_events.user_gone. */
void identity_end(struct who *w, struct conn *c, const struct es_err *why);
/* An answer of the database refuses the token or the user of a live socket: close it.
 * Where the user is gone (deactivated, unknown, or of a suspended tenant), the other
 * sockets of the user, or of the tenant, are closed at the end of this turn. */
void identity_refused(
    struct who *w, struct conn *c, const struct principal_answer *answer);

#endif
