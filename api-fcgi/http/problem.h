/* Writes errors as RFC 9457 problem documents. The only place that turns an es_err into a
 * response. */
#ifndef API_PROBLEM_H
#define API_PROBLEM_H

#include "http/http.h"

/* Replaces the body of *res by the problem document and keeps its headers. Adds
 * Retry-After and WWW-Authenticate where they belong. err->field: "name" is a field of
 * the body, "?name" a query parameter, ":Name" a header. */
void problem_write(
    const struct http_req *req, const struct es_err *err, struct http_res *res);

#endif
