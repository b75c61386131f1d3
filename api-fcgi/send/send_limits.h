/* Rate limits of sending, for the user and for the tenant. */
#ifndef API_SEND_LIMITS_H
#define API_SEND_LIMITS_H

#include "env/api.h"

/* Charges one message to both limits. Sets RateLimit-Policy and RateLimit in any case.
 * When either limit is used up, returns ES_RATE_LIMITED and sets err->retry_after_ms and
 * res->policy. */
enum es_code send_limits_charge(struct api *api, const struct http_req *req,
    struct http_res *res, struct es_err *err) ES_MUST_CHECK;

#endif
