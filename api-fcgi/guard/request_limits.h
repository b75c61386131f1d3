/* Rate limits of all requests except sends, which have their own (send/send_limits.h). */
#ifndef API_REQUEST_LIMITS_H
#define API_REQUEST_LIMITS_H

#include "env/api.h"

/* Sends the charge of one request of the user in req->claims to Redis and does not wait,
 * so that Redis counts while PostgreSQL checks the user and reads ahead. After it the
 * caller must call request_limits_charge() when the user is allowed, else
 * request_limits_give_back(). Sends nothing while guard_ahead_pause() lasts. */
void request_limits_begin(
    struct api *api, const struct http_req *req, enum request_kind kind);
/* Takes back what request_limits_begin() has charged: somebody with a revoked token must
 * not use up the limit of its user. Then pauses like guard_ahead_pause(), because such
 * tokens often come many at a time. */
void request_limits_give_back(
    struct api *api, const struct http_req *req, enum request_kind kind);

/* Charges one request to the caller's limit for this kind and sets the RateLimit headers.
 * Returns ES_RATE_LIMITED when the limit is used up. */
enum es_code request_limits_charge(struct api *api, const struct http_req *req,
    enum request_kind kind, struct http_res *res, struct es_err *err) ES_MUST_CHECK;

/* Counts a request that was refused with rc because it has no valid token. Returns rc, or
 * ES_RATE_LIMITED when the client's address has sent too many such requests. Counts in
 * this process only, so that a client without a token causes no work in Redis. Never
 * refuses a request with a valid token because of its address, which many clients may
 * share. */
enum es_code request_limits_count_failure(struct api *api, const struct http_req *req,
    enum es_code rc, struct http_res *res, struct es_err *err);

#endif
