/* Reads the idempotency key of a request: the header Idempotency-Key or, for a message,
 * the field clientMessageId. */
#ifndef API_IDEMPOTENCY_H
#define API_IDEMPOTENCY_H

#include "http/http.h"

#define IDEMPOTENCY_RULE \
	"must be 1 to 64 characters of A-Z a-z 0-9 . _ : -, but not . or .."

/* The value of the header Idempotency-Key, unchecked, or NULL. A quoted key (the IETF
 * draft, a string of RFC 8941) and the same key without quotes are equal. */
const char *idempotency_header(const struct http_req *req);

/* Sets *out to the client's id for a message, or NULL when there is none. in_body:
 * clientMessageId, or NULL. Returns ES_INVALID for a malformed id in the body. Returns
 * ES_BAD_REQUEST for a malformed id in the header, and when both ids are present and
 * differ. */
enum es_code idempotency_key(const struct http_req *req, const char *in_body,
    const char **out, struct es_err *err) ES_MUST_CHECK;

#endif
