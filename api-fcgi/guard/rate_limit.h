/* Reports rate limits of every kind to the client, in headers and errors. */
#ifndef API_RATE_LIMIT_H
#define API_RATE_LIMIT_H

#include "env/api.h"

/* Sets the headers RateLimit-Policy and RateLimit (draft-ietf-httpapi-ratelimit-headers)
 * from the limits of the user and of the tenant. A limit without a quota is left out. The
 * remaining number never exceeds the quota, though a burst may let more pass. */
void rate_limit_set_headers(
    const struct http_req *req, struct http_res *res, const struct limit_result *result);

/* Refuses a request because of the limit, of the user or of the tenant, whose retry time
 * is longer. Returns ES_RATE_LIMITED, fills err and res->policy, and counts the refusal
 * in the metrics. things: what is limited, for example "messages". */
enum es_code rate_limit_refuse(struct api *api, const struct limit_result *result,
    const char *things, struct http_res *res, struct es_err *err);

#endif
