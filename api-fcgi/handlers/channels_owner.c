/* Deleting a channel and taking it over, which need an owner. Each writes a line with the
 * actor and the channel into the log. */
#include "core/log.h"
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/path_param.h"
#include "store/ownership_store.h"

#include "core/banned.h"

static void
channels_owner_audit(
    const struct http_req *req, const char *action, const struct channel_id *channel)
{
	log_info("audit", LOG_STR("action", action),
	    LOG_STR("tenant", req->who.actor.tenant.text),
	    LOG_STR("actor", req->who.actor.user.text), LOG_STR("channel", channel->text),
	    LOG_STR("rid", req->request_id));
}

/* DELETE /channels/{channelId} */
enum es_code
channels_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id id;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channel_store_delete(api->pg, &req->who.actor, &id, req->arena, &event, err));
	channels_owner_audit(req, "channel_deleted", &id);
	announce_event(api, req, &event);
	res->status = 204;
	return ES_OK;
}

/* POST /channels/{channelId}/take-over */
enum es_code
channels_take_over(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel channel;
	struct channel_id id;
	struct json_write w;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(ownership_store_take_over(
	    api->pg, &req->who.actor, &id, req->arena, &channel, &event, err));
	if (event.seq != 0)
		channels_owner_audit(req, "channel_taken_over", &id);
	announce_event(api, req, &event);
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_channel(&w, &channel);
	jw_object_end(&w);
	return ES_OK;
}
