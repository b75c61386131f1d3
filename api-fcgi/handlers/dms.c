/* /dms: direct messages and groups. */
#include "env/announce.h"
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/dm_store.h"

#include "core/banned.h"

struct open_input {
	const struct json_list *userIds;
};

static const struct json_field open_fields[] = {
    JSON_FIELD(struct open_input, userIds, JSON_ARRAY, true, 1, DM_PEOPLE_MAX),
};

struct hide_input {
	bool hidden;
};

static const struct json_field hide_fields[] = {
    JSON_FIELD(struct hide_input, hidden, JSON_BOOL, true, 0, 0),
};

static enum es_code
dms_read_people(const struct http_req *req, const struct json_list *in,
    struct user_id out[DM_PEOPLE_MAX], struct es_err *err)
{
	struct es_err ignored;
	const char *text;

	for (size_t i = 0; i < in->n; i++)
		if (json_bind_text(in->items[i], req->arena, &text, &ignored) != ES_OK ||
		    user_id_parse(text, &out[i], &ignored) != ES_OK)
			return es_fail_field(err, ES_INVALID,
			    arena_printf(req->arena, "userIds/%zu", i),
			    "must be the id of a user");
	return ES_OK;
}

/* POST /dms. Answers 201 when the channel was created, 200 when it was there. */
enum es_code
dms_open(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct user_id people[DM_PEOPLE_MAX];
	struct open_input in = {0};
	struct channel channel;
	struct json_write w;
	bool created;

	TRY(http_body(req, open_fields, ES_COUNT(open_fields), &in, err));
	TRY(dms_read_people(req, in.userIds, people, err));
	const struct dm_new dm = {
	    .people = people, .n = in.userIds->n, .user_max = api->conf->user_dms};

	TRY(dm_store_open(
	    api->pg, &req->who.actor, &dm, req->arena, &channel, &created, err));
	if (channel.feed != NULL)
		announce_event(api, req, channel.feed);
	http_json(res, &w, created ? 201 : 200);
	jw_object(&w, NULL);
	json_shape_channel(&w, &channel);
	jw_object_end(&w);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s", channel.id.text));
	return ES_OK;
}

/* GET /dms */
enum es_code
dms_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct paging_list list = {"dms", req->who.actor.tenant.text, ""};
	struct channel_page page;
	struct channel_id after;
	struct json_write w;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(channel_store_list_direct(api->pg, &req->who.actor,
	    after.text[0] == '\0' ? NULL : &after, limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "dms");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_channel(&w, &page.items[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list, page.more ? page.last.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* PUT /dms/{channelId}/hidden */
enum es_code
dms_hide(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct hide_input in = {0};
	struct channel_id id;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(http_body(req, hide_fields, ES_COUNT(hide_fields), &in, err));
	TRY(dm_store_hide(api->pg, &req->who.actor, &id, in.hidden, req->arena, err));
	res->status = 204;
	return ES_OK;
}
