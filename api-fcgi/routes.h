/* The table of all REST endpoints, one row each. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include <stdio.h>

#include "guard/request_limits.h"
#include "http/router.h"

extern const struct router api_router;    /* pools send and api */
extern const struct router health_router; /* pool health */

/* The names of the query parameters that the route accepts, separated by blanks; "*"
 * accepts any. */
const char *routes_query(const struct http_route *route);

/* True when the route accepts a body with fields. Other routes accept no body, or {}. */
bool routes_has_body(const struct http_route *route);

/* The function that reads what the route will read, for guard_ahead(). NULL: the route
 * reads nothing ahead. */
http_handler *routes_ahead(const struct http_route *route);

/* The rate limit to which a request of the route counts (guard/request_limits.h). */
enum request_kind routes_request_kind(const struct http_route *route);

/* Writes both routers as JSON, for the tests that compare them with api/openapi.yaml:
 * [{"method","path","scope","keyScopes","keyActsAsUser","query","body"}]. */
void routes_dump(FILE *to);

#endif
