/* Checks callers with an API key: what the key may do, and for which user it acts. */
#ifndef API_GUARD_KEY_H
#define API_GUARD_KEY_H

#include "env/api.h"

/* Looks up the key in text, checks it for the route, and fills req->who and req->key. The
 * key must have a scope of the route, or admin. With tokens:mint the key may act for the
 * user that X-On-Behalf-Of names, with the rights of that user. Without the header it
 * acts for its bot user, or for no user when it has no bot. Routes with KEY_AS_USER
 * refuse a key that acts for no user. Fails with ES_UNAUTHENTICATED, ES_TOKEN_EXPIRED,
 * ES_TOKEN_REVOKED, ES_TENANT_SUSPENDED or ES_FORBIDDEN. */
enum es_code guard_key_check(struct api *api, const struct http_route *route,
    struct http_req *req, const char *text, struct es_err *err) ES_MUST_CHECK;

#endif
