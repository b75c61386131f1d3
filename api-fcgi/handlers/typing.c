/* "The caller is typing": told to whoever looks at the channel now, kept nowhere. */
#include "env/announce.h"
#include "guard/visible.h"
#include "handlers/handlers.h"
#include "http/params.h"

#include "core/banned.h"

/* POST /channels/{channelId}/typing */
enum es_code
typing_post(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;

	TRY(param_channel(req, 0, &channel, err));
	TRY(visible_for_writing(api, req, &channel, err));
	announce_typing(api, req, &channel);
	res->status = 204;
	return ES_OK;
}
