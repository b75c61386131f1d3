/* /channels/{channelId}: join, leave and members. */
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"

#include "core/banned.h"

struct put_input {
	const char *role;
	bool has_role;
};

static const struct json_field put_fields[] = {
    JSON_FIELD_OPT(struct put_input, role, JSON_STRING, 0, 20),
};

/* POST /channels/{channelId}/join */
enum es_code
members_join(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel channel;
	struct channel_id id;
	struct json_write w;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channel_store_join(
	    api->pg, &req->who.actor, &id, req->arena, &channel, &event, err));
	announce_event(api, req, &event);
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_channel(&w, &channel);
	jw_object_end(&w);
	return ES_OK;
}

/* POST /channels/{channelId}/leave */
enum es_code
members_leave(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct event_list events;
	struct channel_id id;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channel_store_leave(api->pg, &req->who.actor, &id, req->arena, &events, err));
	announce_events(api, req, &events);
	res->status = 204;
	return ES_OK;
}

/* GET /channels/{channelId}/members */
enum es_code
members_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct channel_id channel;
	struct member_page page;
	struct user_id after;
	struct json_write w;
	int64_t limit;

	TRY(path_param_channel(req, 0, &channel, err));
	const struct paging_list list = {"members", who->tenant.text, channel.text};

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(member_store_list(api->pg, who, &channel,
	    after.text[0] == '\0' ? NULL : &after, limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "members");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_member(&w, &page.items[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].user.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* PUT /channels/{channelId}/members/{userId}. Answers 201 when the user was added, 200
 * when the member was changed. */
enum es_code
members_put(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct put_input in = {0};
	struct member member;
	struct user_id user;
	struct json_write w;
	struct event event;
	bool added;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_user(req, 1, &user, err));
	if (req->body_len > 0)
		TRY(http_body(req, put_fields, ES_COUNT(put_fields), &in, err));
	TRY(field_check_word("role", in.role, MEMBER_ROLES, err));
	TRY(member_store_put(api->pg, &req->who.actor, &channel, &user, in.role,
	    req->arena, &member, &added, &event, err));
	announce_event(api, req, &event);
	http_json(res, &w, added ? 201 : 200);
	jw_object(&w, NULL);
	json_shape_member(&w, &member);
	jw_object_end(&w);
	return ES_OK;
}

/* DELETE /channels/{channelId}/members/{userId} */
enum es_code
members_delete(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct user_id user;
	struct event_list events;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_user(req, 1, &user, err));
	TRY(member_store_remove(
	    api->pg, &req->who.actor, &channel, &user, req->arena, &events, err));
	announce_events(api, req, &events);
	res->status = 204;
	return ES_OK;
}
