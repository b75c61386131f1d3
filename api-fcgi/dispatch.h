/* Turns a request into a response: finds the route, checks the caller and the limits,
 * calls the handler, writes the problem document of a refusal. Knows nothing of FastCGI.
 */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "env/api.h"

struct dispatch_result {
	const struct http_route *route; /* NULL: no route matched */
	enum es_code code;              /* why the request was refused, or ES_OK */
	const struct es_err *err; /* details of the refusal, in the arena of the request;
	                             NULL with ES_OK */
};

/* Handles one request. refused: the fault that the reader of the request has already
 * found, or NULL. Fills *res and *out in any case; both use the arena of the request. */
void dispatch_request(struct api *api, struct http_req *req, const struct es_err *refused,
    struct http_res *res, struct dispatch_result *out);

#endif
