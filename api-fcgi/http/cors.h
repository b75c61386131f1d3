/* Cross-origin rules (Fetch standard, CORS protocol). A preflight carries no token and so
 * names no tenant: it passes when any tenant allows its origin. The response to the
 * request itself is readable when the caller's own tenant allows the origin. Whether any
 * tenant allows an origin is cached for some seconds (store/origin_cache.h). */
#ifndef API_CORS_H
#define API_CORS_H

#include "http/http.h"
#include "pg/pg.h"

struct cors;

struct cors *cors_new(void);
void cors_free(struct cors **c);

/* True for a preflight: an OPTIONS request with Origin and Access-Control-Request-Method.
 */
bool cors_is_preflight(const struct http_req *req);

/* Sets the headers of a preflight's answer. allow: the methods of the path. Sets only
 * Vary when no tenant allows the origin, and nothing when req is not a preflight. */
void cors_preflight(struct cors *c, struct pg *pg, const struct http_req *req,
    const char *allow, struct http_res *res);

/* Sets the headers of the answer to a request that is not a preflight. The caller's
 * tenant decides; when the guard has not identified the caller, any tenant that allows
 * the origin does. */
void cors_answer(
    struct cors *c, struct pg *pg, const struct http_req *req, struct http_res *res);

#endif
