/* Reads the ids in a path. A malformed id is answered like an unknown one, with
 * ES_NOT_FOUND. */
#ifndef API_PATH_PARAM_H
#define API_PATH_PARAM_H

#include "http/http.h"

/* i: index of the {parameter} in the path of the route. */
enum es_code path_param_channel(const struct http_req *req, size_t i,
    struct channel_id *out, struct es_err *err) ES_MUST_CHECK;
/* The segment "me" is the id of the caller. */
enum es_code path_param_user(const struct http_req *req, size_t i, struct user_id *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_tenant(const struct http_req *req, size_t i,
    struct tenant_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_key(const struct http_req *req, size_t i, struct uuid *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_message(
    const struct http_req *req, size_t i, int64_t *out, struct es_err *err) ES_MUST_CHECK;

#endif
