/* Reads ahead: the round trip to PostgreSQL that checks the caller of a request also runs
 * the reads of the request's handler. The handler gets their results only after the
 * guard, the limits and its own checks have allowed the request. The results of a refused
 * request are discarded. */
#ifndef API_GUARD_AHEAD_H
#define API_GUARD_AHEAD_H

#include "env/api.h"

/* Notes the statements of req->ahead, for the tenant and user in req->claims. Call it
 * between bearer_verify(), which fills req->claims, and principal_store_get(), which runs
 * the noted statements (pg_ahead_run()). */
void guard_ahead(struct api *api, struct http_req *req);

/* After a rate limit has refused a request, the worker stops reading ahead for this time.
 * Otherwise PostgreSQL would run the reads of requests that the limit then refuses. */
#define GUARD_AHEAD_PAUSE_MS 1000
void guard_ahead_pause(struct api *api);

#endif
