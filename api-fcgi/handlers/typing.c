/* POST /channels/{channelId}/typing: publishes to the subscribers of the channel that the
 * caller is typing. The event is not stored. */
#include "env/announce.h"
#include "guard/channel_access.h"
#include "handlers/handlers.h"
#include "http/path_param.h"

#include "core/banned.h"

/* POST /channels/{channelId}/typing */
enum es_code
typing_post(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(channel_access_check_post(api, req, &channel, err));
	announce_typing(api, req, &channel);
	res->status = 204;
	return ES_OK;
}
