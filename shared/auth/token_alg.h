/* Our algorithms as libjwt and the header of a token name them. */
#ifndef AUTH_TOKEN_ALG_H
#define AUTH_TOKEN_ALG_H

#include <jwt.h>

#include "auth/token.h"

static inline jwt_alg_t
token_alg_jwt(enum token_alg alg)
{
	return alg == TOKEN_ES256 ? JWT_ALG_ES256 : JWT_ALG_HS256;
}

static inline const char *
token_alg_name(enum token_alg alg)
{
	return alg == TOKEN_ES256 ? "ES256" : "HS256";
}

#endif
