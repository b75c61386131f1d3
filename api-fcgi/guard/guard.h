/* Checks that the caller may call the route. Looks up the caller of every request in
 * PostgreSQL, so that the loss of a right takes effect with the next request. */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "env/api.h"

/* Identifies the caller and checks the scope of the route. Fills req->who, and
 * req->claims (a token) or req->key (an API key), for all scopes but PUBLIC and OPERATOR.
 * Fails with ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED, ES_TOKEN_REVOKED, ES_TENANT_SUSPENDED
 * or ES_FORBIDDEN. */
enum es_code guard_check(struct api *api, const struct http_route *route,
    struct http_req *req, struct es_err *err) ES_MUST_CHECK;

/* Sets *out to the token in "Bearer TOKEN", a pointer into authorization (may be NULL).
 * Returns ES_UNAUTHENTICATED unless there is exactly one token. A token contains no
 * blank, and no comma, because a comma joins two headers of the same name. */
enum es_code guard_bearer(
    const char *authorization, const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
