/* PUT /channels/{channelId}/read: moves the caller's read mark in a channel. */
#include "handlers/handlers.h"
#include "http/path_param.h"
#include "store/message_store.h"

#include "core/banned.h"

struct input {
	int64_t messageId;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, messageId, JSON_NUMBER_OR_STRING, true, 0, ES_INT_MAX_EXACT),
};

/* PUT /channels/{channelId}/read */
enum es_code
read_mark_put(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct input in = {0};

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	TRY(message_store_mark_read(
	    api->pg, &req->who.actor, &channel, in.messageId, req->arena, NULL, err));
	res->status = 204;
	return ES_OK;
}
