/* Our algorithms as libjwt and the header of a token name them. */
#ifndef AUTH_TOKEN_ALG_H
#define AUTH_TOKEN_ALG_H

#include <jwt.h>

#include "auth/token.h"

/* Of those that we mint with. */
static inline jwt_alg_t
token_alg_jwt(enum token_alg alg)
{
	return alg == TOKEN_ES256 ? JWT_ALG_ES256 : JWT_ALG_HS256;
}

#endif
