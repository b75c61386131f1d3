/* The body of a request: its media type, and its members against a field table. */
#ifndef API_HTTP_BODY_H
#define API_HTTP_BODY_H

#include "http/http.h"

/* Check the whole body against fields and fill *out. ES_UNSUPPORTED_MEDIA unless the body
 * is application/json (for PATCH also application/merge-patch+json, RFC 7396) without a
 * Content-Encoding. ES_INVALID names the first wrong member; the answer lists all. */
enum es_code http_body(const struct http_req *req, const struct json_field fields[],
    size_t n, void *out, struct es_err *err) ES_MUST_CHECK;

/* For an operation without fields: nothing or {} is fine. ES_BAD_REQUEST otherwise, so
 * that a client whose field does nothing learns of it. */
enum es_code http_body_none(const struct http_req *req, struct es_err *err) ES_MUST_CHECK;

/* http_body in steps, where a handler has checks of its own and the answer shall list the
 * faults of both: http_body_begin reads, http_body_note adds what a check said (ES_OK
 * adds nothing), http_body_end fails if anything was noted. A wrong member is absent from
 * *out. Nothing may be changed before http_body_end has passed. */
enum es_code http_body_begin(const struct http_req *req, const struct json_field fields[],
    size_t n, void *out, struct es_err *err) ES_MUST_CHECK;
void http_body_note(
    const struct http_req *req, enum es_code rc, const struct es_err *err);
enum es_code http_body_end(const struct http_req *req, struct es_err *err) ES_MUST_CHECK;

#endif
