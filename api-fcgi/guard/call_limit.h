/* Limits calls other than sending, per caller and minute. */
#ifndef API_CALL_LIMIT_H
#define API_CALL_LIMIT_H

#include "env/api.h"

#define CALL_LIMIT_WINDOW_MS 60000

/* Charges one call to the limit. policy: the name of the limit ("user-auth"). per_minute:
 * 0 for no limit. When the limit is used up, returns ES_RATE_LIMITED and sets
 * err->retry_after_ms and res->policy. While Redis is down, counts the calls of this
 * process only. */
enum es_code call_limit_charge(struct api *api, const struct http_req *req,
    const char *policy, int64_t per_minute, struct http_res *res,
    struct es_err *err) ES_MUST_CHECK;

#endif
