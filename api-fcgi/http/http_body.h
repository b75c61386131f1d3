/* Reads the body of a request: checks its media type, and its fields against a table. */
#ifndef API_HTTP_BODY_H
#define API_HTTP_BODY_H

#include "http/http.h"

/* Checks the whole body against the table and fills *out. Returns ES_UNSUPPORTED_MEDIA
 * unless Content-Type is application/json (for PATCH also application/merge-patch+json,
 * RFC 7396) without a Content-Encoding. On ES_INVALID err names the first wrong field,
 * and the response lists all wrong fields. */
enum es_code http_body(const struct http_req *req, const struct json_field fields[],
    size_t n, void *out, struct es_err *err) ES_MUST_CHECK;

/* Checks the body of a route without fields: nothing or {}. Returns ES_BAD_REQUEST for
 * any other body, so that a client learns that its field has no effect. */
enum es_code http_body_none(const struct http_req *req, struct es_err *err) ES_MUST_CHECK;

/* http_body() in three steps, for a handler that has further checks and lists their
 * faults together with those of the table. http_body_begin() reads the body and fills
 * *out; a wrong field counts as absent. http_body_note() adds the fault of a check (rc
 * ES_OK adds nothing). http_body_end() fails when there is any fault. A handler changes
 * nothing before http_body_end() has passed. */
enum es_code http_body_begin(const struct http_req *req, const struct json_field fields[],
    size_t n, void *out, struct es_err *err) ES_MUST_CHECK;
void http_body_note(
    const struct http_req *req, enum es_code rc, const struct es_err *err);
enum es_code http_body_end(const struct http_req *req, struct es_err *err) ES_MUST_CHECK;

#endif
