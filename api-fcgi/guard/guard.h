/* Who may call a route. Looked up for every request: a yes is never older than its
 * answer. */
#ifndef API_GUARD_H
#define API_GUARD_H

#include "env/api.h"

/* Fills req->who and req->claims (a user's token) or req->key (an API key) for all scopes
 * but PUBLIC and OPERATOR. ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED, ES_TOKEN_REVOKED,
 * ES_TENANT_SUSPENDED, ES_FORBIDDEN. */
enum es_code guard_check(struct api *api, const struct http_route *route,
    struct http_req *req, struct es_err *err) ES_MUST_CHECK;

/* The credentials of "Bearer <token>": one token, no comma (two joined headers), no
 * blanks. */
enum es_code guard_bearer(
    const char *authorization, const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
