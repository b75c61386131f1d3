/* Fetches a key set from the URL of a tenant's identity provider. The URL is a
 * stranger's: https only, no redirects, JWKS_BYTES_MAX, JWKS_FETCH_MS, no private address
 * unless the host is in ES_JWKS_ALLOW_HOSTS. The address is checked when the socket is
 * made, after the name was resolved: a name that resolves differently the second time
 * gains nothing. */
#ifndef API_JWKS_FETCH_H
#define API_JWKS_FETCH_H

#include "auth/token.h"
#include "core/arena.h"
#include "env/api_conf.h"

#define JWKS_FETCH_MS 3000

/* The set as text, with at least one key for alg. ES_INVALID, field jwksUrl, with what is
 * wrong. Blocks for JWKS_FETCH_MS at most. */
enum es_code jwks_fetch(const struct api_conf *conf, const char *url, enum token_alg alg,
    struct arena *a, const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
