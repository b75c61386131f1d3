/* The whole REST surface, one line per endpoint. */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include <stdio.h>

#include "guard/request_limits.h"
#include "http/router.h"

extern const struct router api_router;    /* pools send and api */
extern const struct router health_router; /* pool health */

/* The names of the query parameters that the route takes, a blank between; "*": any. */
const char *routes_query(const struct http_route *route);

/* Does the handler read fields of a body? */
bool routes_has_body(const struct http_route *route);

/* The limit of a user that the route is charged to. */
enum request_kind routes_request_kind(const struct http_route *route);

/* Both routers as JSON:
 * [{"method","path","scope","keyScopes","keyActsAsUser","query","body"}].
 */
void routes_dump(FILE *to);

#endif
