/* /channels/{channelId}/bans: the bans of a channel. Removing a user from a public
 * channel creates a ban, too (members.c). */
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/ban_store.h"

#include "core/banned.h"

/* GET /channels/{channelId}/bans */
enum es_code
bans_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct channel_id channel;
	struct ban_page page;
	struct user_id after;
	struct json_write w;
	int64_t limit;

	TRY(path_param_channel(req, 0, &channel, err));
	const struct paging_list list = {"bans", who->tenant.text, channel.text};

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(ban_store_list(api->pg, who, &channel, after.text[0] == '\0' ? NULL : &after,
	    limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "bans");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_ban(&w, &page.items[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].user.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* PUT /channels/{channelId}/bans/{userId} */
enum es_code
bans_put(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct event_list events;
	struct user_id user;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_user(req, 1, &user, err));
	TRY(member_store_ban(
	    api->pg, &req->who.actor, &channel, &user, req->arena, &events, err));
	announce_events(api, req, &events);
	res->status = 204;
	return ES_OK;
}

/* DELETE /channels/{channelId}/bans/{userId} */
enum es_code
bans_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct user_id user;
	struct user nobody;
	bool lifted;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_user(req, 1, &user, err));
	TRY(ban_store_lift(
	    api->pg, &req->who.actor, &channel, &user, req->arena, &lifted, err));
	/* Lifting a ban that does not exist succeeds. An id that belongs to no user is
	 * ES_NOT_FOUND. */
	if (!lifted)
		TRY(user_store_get(
		    api->pg, &req->who.actor, &user, req->arena, &nobody, err));
	res->status = 204;
	return ES_OK;
}
