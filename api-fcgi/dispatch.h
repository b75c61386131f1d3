/* From a request to a response, whatever it says: knows nothing of FastCGI. */
#ifndef API_DISPATCH_H
#define API_DISPATCH_H

#include "env/api.h"

struct dispatch_result {
	const struct http_route *route; /* NULL: none fitted */
	enum es_code code;              /* why it was refused, or ES_OK */
	const struct es_err *err;       /* of a refusal, for the log; else NULL */
};

/* refused (may be NULL) is what the reader of the request already found wrong. */
void dispatch_request(struct api *api, struct http_req *req, const struct es_err *refused,
    struct http_res *res, struct dispatch_result *out);

#endif
