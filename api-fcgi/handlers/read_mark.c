/* PUT /channels/{channelId}/read: moves the caller's read mark in a channel. */
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/path_param.h"
#include "store/read_mark_store.h"

#include "core/banned.h"

struct input {
	int64_t messageId;
	bool unread;
	bool has_unread;
};

static const struct json_field fields[] = {
    JSON_FIELD(struct input, messageId, JSON_NUMBER_OR_STRING, true, 0, ES_INT_MAX_EXACT),
    JSON_FIELD_OPT(struct input, unread, JSON_BOOL, 0, 0),
};

/* Publishes where the mark stands to the caller's sockets, and a receipt to the other
 * members of a small channel. A mark that is ahead of the message has not moved. */
static void
read_mark_announce(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t asked, const struct read_mark *mark)
{
	if (mark->stands == 0 || mark->stands > asked)
		return;
	announce_read(api, req, channel, mark->stands);
	if (mark->members > 0 && mark->members <= api->conf->receipt_members)
		announce_receipt(api, req, channel, mark->stands);
}

/* PUT /channels/{channelId}/read */
enum es_code
read_mark_put(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct channel_id channel;
	struct input in = {0};
	struct read_mark mark = {0};

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(http_body(req, fields, ES_COUNT(fields), &in, err));
	res->status = 204;
	if (in.unread) {
		TRY(read_mark_store_unread(
		    api->pg, who, &channel, in.messageId, req->arena, &mark, err));
		announce_read(api, req, &channel, mark.stands);
		return ES_OK;
	}
	TRY(read_mark_store_read(
	    api->pg, who, &channel, in.messageId, req->arena, &mark, err));
	read_mark_announce(api, req, &channel, in.messageId, &mark);
	return ES_OK;
}
