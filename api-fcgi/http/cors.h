/* Cross-origin rules (Fetch standard, CORS protocol). A preflight has no tenant: it is
 * answered when some tenant allows its origin; a real request when its own tenant does.
 * Answers about some tenant are a few seconds old at most (store/origin_cache.h). */
#ifndef API_CORS_H
#define API_CORS_H

#include "http/http.h"
#include "pg/pg.h"

struct cors;

struct cors *cors_new(void);
void cors_free(struct cors **c);

/* A question of a browser before the request itself (OPTIONS with both headers). */
bool cors_is_preflight(const struct http_req *req);

/* allow: the methods of the path. Adds nothing unless the request is a preflight from an
 * origin that some tenant allows. */
void cors_preflight(struct cors *c, struct pg *pg, const struct http_req *req,
    const char *allow, struct http_res *res);

/* For a real request: the caller's tenant decides; without one, any tenant. */
void cors_answer(
    struct cors *c, struct pg *pg, const struct http_req *req, struct http_res *res);

#endif
