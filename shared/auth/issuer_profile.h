/* The user named by a token of a tenant's issuer: which name and e-mail address a new
 * user gets, and whether the key may sign for that user. */
#ifndef AUTH_ISSUER_PROFILE_H
#define AUTH_ISSUER_PROFILE_H

#include "auth/issuer.h"

/* Returns a display name: the claim without control characters, cut to 200 code points,
 * or the subject when nothing is left. The result is allocated in the arena a. */
const char *issuer_profile_name(const char *claim, const char *subject, struct arena *a);
/* Returns the claim, or NULL when it is not an e-mail address. */
const char *issuer_profile_email(const char *claim);

/* Returns ES_UNAUTHENTICATED when no user has the subject, or when the user is an owner
 * and the key may not sign for owners. */
enum es_code issuer_profile_check(const struct issuer_claims *claims,
    const struct subject_row *row, struct es_err *err) ES_MUST_CHECK;

#endif
