/* Rate limits of all requests but sends, which have their own (send_limits.h). */
#ifndef API_REQUEST_LIMITS_H
#define API_REQUEST_LIMITS_H

#include "env/api.h"

/* Charge the user's reads, writes or creations by one, whichever the route is. Sets the
 * RateLimit headers. ES_RATE_LIMITED when the user has used them up. Requests of the
 * operator and probes are not counted. */
enum es_code request_limits_charge(struct api *api, const struct http_req *req,
    const struct http_route *route, struct http_res *res,
    struct es_err *err) ES_MUST_CHECK;

/* A request without a good token, refused with rc: ES_RATE_LIMITED in its place when the
 * client's address has had too many. Counted in this process only, so that a stranger
 * can't make Redis work. A good token is never refused for the sake of its address, which
 * many clients may share. */
enum es_code request_limits_failed(struct api *api, const struct http_req *req,
    enum es_code rc, struct http_res *res, struct es_err *err);

#endif
