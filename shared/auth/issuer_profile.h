/* The user that a token of a tenant's issuer stands for: what of its claims a new user
 * gets, and whether the key may sign for the user. */
#ifndef AUTH_ISSUER_PROFILE_H
#define AUTH_ISSUER_PROFILE_H

#include "auth/issuer.h"

/* A display name: the claim without control characters and cut to 200 code points, or the
 * subject where nothing is left. */
const char *issuer_profile_name(const char *claim, const char *subject, struct arena *a);
/* The claim, or NULL when it is no address. */
const char *issuer_profile_email(const char *claim);

/* ES_UNAUTHENTICATED when nobody has the subject, and for an owner unless the key may
 * sign for owners. */
enum es_code issuer_profile_check(const struct issuer_claims *claims,
    const struct subject_row *row, struct es_err *err) ES_MUST_CHECK;

#endif
