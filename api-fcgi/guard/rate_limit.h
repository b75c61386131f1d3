/* How the limits of a request are told to the client, whatever they limit. */
#ifndef API_RATE_LIMIT_H
#define API_RATE_LIMIT_H

#include "env/api.h"

/* RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers) of the two
 * states; a state without a quota is left out. What remains is never told as more than
 * the quota, though a burst may let more pass. */
void rate_limit_set_headers(
    const struct http_req *req, struct http_res *res, const struct limit_result *result);

/* ES_RATE_LIMITED for the state that has to wait longer: fills err and res->policy and
 * counts. things: "messages". */
enum es_code rate_limit_refuse(struct api *api, const struct limit_result *result,
    const char *things, struct http_res *res, struct es_err *err);

#endif
