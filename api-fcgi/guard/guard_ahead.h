/* Lets PostgreSQL read what a request will ask for in the round trip that checks its
 * caller. The handler gets the result only after the guard, the limits and its own checks
 * have allowed the request. The result of a refused request is discarded. */
#ifndef API_GUARD_AHEAD_H
#define API_GUARD_AHEAD_H

#include "env/api.h"

/* Notes the statements of req->ahead for the tenant and user of req->claims, which
 * bearer_verify() has filled. principal_store_get() then runs them (pg_ahead_run()). */
void guard_ahead(struct api *api, struct http_req *req);

/* How long a worker reads nothing ahead after a rate limit has refused a request, so that
 * a caller above a limit costs PostgreSQL no reads. */
#define GUARD_AHEAD_PAUSE_MS 1000
void guard_ahead_pause(struct api *api);

#endif
