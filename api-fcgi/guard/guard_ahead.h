/* Reads ahead: the round trip to PostgreSQL that checks the caller of a request also runs
 * the reads of the request's handler. The handler gets their results only after the
 * guard, the limits and its own checks have allowed the request. The results of a refused
 * request are discarded. */
#ifndef API_GUARD_AHEAD_H
#define API_GUARD_AHEAD_H

#include "env/api.h"

/* Notes the statements of req->ahead for this tenant and user, once per request. The next
 * pg_ahead_run() runs them after its own statement: principal_store_get() or
 * api_key_bearer_get(). */
void guard_ahead(struct api *api, struct http_req *req, const struct tenant_id *tenant,
    const struct user_id *user);
/* Notes principal_store_get(), too, before those of req->ahead, for a check that comes
 * before both. jti is that of the token. */
void guard_ahead_principal(struct api *api, struct http_req *req,
    const struct tenant_id *tenant, const struct user_id *user, const char *jti);

/* After a rate limit has refused a request, the worker stops reading ahead for this time.
 * Otherwise PostgreSQL would run the reads of requests that the limit then refuses. */
#define GUARD_AHEAD_PAUSE_MS 1000
void guard_ahead_pause(struct api *api);

#endif
