/* Callers with an API key: what the key may do, and as which user. */
#ifndef API_GUARD_KEY_H
#define API_GUARD_KEY_H

#include "env/api.h"

/* Fills req->who and req->key from the key in text. The key must have a scope of the
 * route (or admin). It acts for the user of X-On-Behalf-Of (takes tokens:mint; the rights
 * are those of the user), else as its bot user, else as nobody, which routes with
 * KEY_AS_USER refuse. ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED, ES_TOKEN_REVOKED,
 * ES_TENANT_SUSPENDED, ES_FORBIDDEN. */
enum es_code guard_key_check(struct api *api, const struct http_route *route,
    struct http_req *req, const char *text, struct es_err *err) ES_MUST_CHECK;

#endif
