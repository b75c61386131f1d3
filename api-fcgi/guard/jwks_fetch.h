/* Fetches a key set from the URL of a tenant's identity provider. The URL is untrusted:
 * https only, no redirects, at most JWKS_BYTES_MAX and JWKS_FETCH_MS, no private address
 * unless ES_JWKS_ALLOW_HOSTS lists the host. The program checks the address when it opens
 * the socket, after it has resolved the name. So a name can't resolve to a public address
 * for the check and to a private one for the connection. */
#ifndef API_JWKS_FETCH_H
#define API_JWKS_FETCH_H

#include "auth/token.h"
#include "core/arena.h"
#include "env/api_conf.h"

#define JWKS_FETCH_MS 3000

/* Fetches the set and sets *out to its text, allocated in the arena a. The set has at
 * least one key for alg. On failure, returns ES_INVALID; err has the field jwksUrl and
 * the reason. Blocks for at most JWKS_FETCH_MS. */
enum es_code jwks_fetch(const struct api_conf *conf, const char *url, enum token_alg alg,
    struct arena *a, const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
