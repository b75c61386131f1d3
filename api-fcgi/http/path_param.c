#include "http/path_param.h"

#include <string.h>

#include "core/parse.h"

#include "core/banned.h"

enum es_code
path_param_channel(
    const struct http_req *req, size_t i, struct channel_id *out, struct es_err *err)
{
	return channel_id_parse(req->params[i], out, err);
}

enum es_code
path_param_user(
    const struct http_req *req, size_t i, struct user_id *out, struct es_err *err)
{
	if (strcmp(req->params[i], "me") == 0) {
		*out = req->who.actor.user;
		return ES_OK;
	}
	return user_id_parse(req->params[i], out, err);
}

enum es_code
path_param_tenant(
    const struct http_req *req, size_t i, struct tenant_id *out, struct es_err *err)
{
	return tenant_id_parse(req->params[i], out, err);
}

enum es_code
path_param_key(const struct http_req *req, size_t i, struct uuid *out, struct es_err *err)
{
	if (!uuid_take(req->params[i], out->text))
		return es_fail(err, ES_NOT_FOUND, "no such API key");
	return ES_OK;
}

enum es_code
path_param_message(const struct http_req *req, size_t i, int64_t *out, struct es_err *err)
{
	if (!parse_plain_int(req->params[i], 1, ES_INT_MAX_EXACT, out))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	return ES_OK;
}
