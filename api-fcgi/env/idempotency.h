/* One name for a send, from the body or the header. */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "http/http.h"

#define IDEMPOTENCY_RULE \
	"must be 1 to 64 characters of A-Z a-z 0-9 . _ : -, but not . or .."

/* The value of Idempotency-Key, unchecked, or NULL. Quoted as in the IETF draft (a string
 * of RFC 8941) or bare as most clients send it: both are the same key. */
const char *idempotency_header(const struct http_req *req);

/* *out is the client's message id, or NULL when none was given. Both and different:
 * ES_BAD_REQUEST; not 1 to 64 of A-Z a-z 0-9 . _ : -: ES_INVALID (ES_BAD_REQUEST in the
 * header). */
enum es_code idempotency_key(const struct http_req *req, const char *in_body,
    const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
