/* The ids in a path. A malformed one is an unknown one. */
#ifndef API_PATH_PARAM_H
#define API_PATH_PARAM_H

#include "http/http.h"

/* Parameter number i of the route. */
enum es_code path_param_channel(const struct http_req *req, size_t i,
    struct channel_id *out, struct es_err *err) ES_MUST_CHECK;
/* "me" is the caller. */
enum es_code path_param_user(const struct http_req *req, size_t i, struct user_id *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_tenant(const struct http_req *req, size_t i,
    struct tenant_id *out, struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_key(const struct http_req *req, size_t i, struct uuid *out,
    struct es_err *err) ES_MUST_CHECK;
enum es_code path_param_message(
    const struct http_req *req, size_t i, int64_t *out, struct es_err *err) ES_MUST_CHECK;

#endif
