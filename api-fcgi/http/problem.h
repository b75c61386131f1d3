/* Errors as RFC 9457 problem documents: the only place where an es_err becomes a reply.
 */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "http/http.h"

/* Replace whatever res holds as body by the problem; headers set so far stay. Adds
 * Retry-After and WWW-Authenticate where they belong. err->field: "name" is a member of
 * the body, "?name" a query parameter, ":Name" a header. */
void problem_write(
    const struct http_req *req, const struct es_err *err, struct http_res *res);

#endif
