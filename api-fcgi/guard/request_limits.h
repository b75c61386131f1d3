/* Rate limits of all requests but sends, which have their own (send_limits.h). */
#ifndef API_REQUEST_LIMITS_H
#define API_REQUEST_LIMITS_H

#include "env/api.h"

enum request_kind {
	REQUEST_UNCOUNTED, /* probes, requests of the operator, and sends */
	REQUEST_READ,
	REQUEST_WRITE,
	REQUEST_CREATION, /* of a channel or a user */
};

/* Charges one request to the user's limit for its kind and sets the RateLimit headers.
 * ES_RATE_LIMITED when the limit is used up. */
enum es_code request_limits_charge(struct api *api, const struct http_req *req,
    enum request_kind kind, struct http_res *res, struct es_err *err) ES_MUST_CHECK;

/* Counts a request that was refused with rc for want of a good token. Returns rc, or
 * ES_RATE_LIMITED when the client's address has had too many of them. Counted in this
 * process only, so that a client without a token can't cause work in Redis. A request
 * with a good token is never refused because of its address, which many clients may
 * share. */
enum es_code request_limits_count_failure(struct api *api, const struct http_req *req,
    enum es_code rc, struct http_res *res, struct es_err *err);

#endif
