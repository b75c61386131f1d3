/* The names of our algorithms in libjwt and in the header of a token. */
#ifndef AUTH_TOKEN_ALG_H
#define AUTH_TOKEN_ALG_H

#include <jwt.h>

#include "auth/token.h"

/* For the algorithms that we mint with. */
static inline jwt_alg_t
token_alg_jwt(enum token_alg alg)
{
	return alg == TOKEN_ES256 ? JWT_ALG_ES256 : JWT_ALG_HS256;
}

#endif
