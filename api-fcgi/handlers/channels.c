/* /channels: lists, creates and changes the channels of the caller's tenant. */
#include <string.h>

#include "env/announce.h"
#include "env/create_once.h"
#include "handlers/channels_include.h"
#include "handlers/handlers.h"
#include "http/field_check.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"

#include "core/banned.h"

struct create_input {
	const char *name, *topic, *postingPolicy;
	bool isPrivate;
	bool has_topic, has_postingPolicy, has_isPrivate;
};

static const struct json_field create_fields[] = {
    JSON_FIELD(
	struct create_input, name, JSON_STRING, true, 0, NAME_BYTES(CHANNEL_NAME_MAX)),
    JSON_FIELD_OPT(struct create_input, topic, JSON_STRING, 0, NAME_BYTES(TOPIC_MAX)),
    JSON_FIELD_OPT(struct create_input, isPrivate, JSON_BOOL, 0, 0),
    JSON_FIELD_OPT(struct create_input, postingPolicy, JSON_STRING, 0, 20),
};

struct patch_input {
	const char *name, *topic, *postingPolicy;
	bool isPrivate;
	bool has_name, has_topic, has_postingPolicy, has_isPrivate;
};

static const struct json_field patch_fields[] = {
    JSON_FIELD_OPT(
	struct patch_input, name, JSON_STRING, 0, NAME_BYTES(CHANNEL_NAME_MAX)),
    JSON_FIELD_CLEAR(struct patch_input, topic, JSON_STRING, 0, NAME_BYTES(TOPIC_MAX)),
    JSON_FIELD_OPT(struct patch_input, isPrivate, JSON_BOOL, 0, 0),
    JSON_FIELD_OPT(struct patch_input, postingPolicy, JSON_STRING, 0, 20),
};

static void
channels_write_channel(struct http_res *res, int status, const struct channel *c)
{
	struct json_write w;

	http_json(res, &w, status);
	jw_object(&w, NULL);
	json_shape_channel(&w, c);
	jw_object_end(&w);
}

/* The filters of the list. ?orphaned= excludes the others. */
struct channels_filter {
	struct channel_filter of;
	bool orphaned;
};

static enum es_code
channels_read_filter(
    const struct http_req *req, struct channels_filter *out, struct es_err *err)
{
	const char *kind = query_get(&req->query, "kind");

	*out = (struct channels_filter){0};
	TRY(query_bool(&req->query, "member", &out->of.member_only, err));
	TRY(query_bool(&req->query, "orphaned", &out->orphaned, err));
	if (kind != NULL && strcmp(kind, "all") != 0 && strcmp(kind, "channel") != 0)
		return es_fail_field(
		    err, ES_BAD_REQUEST, "?kind", "expected channel or all");
	out->of.all_kinds = kind != NULL && strcmp(kind, "all") == 0;
	if (out->orphaned && (out->of.member_only || out->of.all_kinds))
		return es_fail_field(err, ES_BAD_REQUEST, "?orphaned",
		    "can't be combined with member=true or kind=all");
	return ES_OK;
}

static enum es_code
channels_read_page(struct api *api, const struct http_req *req,
    const struct channels_filter *filter, const struct channel_id *after, int64_t limit,
    struct channel_page *out, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const struct channel_id *from = after->text[0] == '\0' ? NULL : after;

	if (filter->orphaned)
		return channel_store_orphans(
		    api->pg, who, from, limit, req->arena, out, err);
	return channel_store_list(
	    api->pg, who, &filter->of, from, limit, req->arena, out, err);
}

/* The filters in the link to the next page; NULL: none. */
static const char *
channels_filter_text(const struct channels_filter *filter)
{
	static const char *const by_filter[2][2] = {
	    {NULL, "kind=all"}, {"member=true", "member=true&kind=all"}};

	if (filter->orphaned)
		return "orphaned=true";
	return by_filter[filter->of.member_only][filter->of.all_kinds];
}

/* The parameters of the link to the next page. */
static const char *
channels_next_query(const struct http_req *req, const struct channels_filter *filter,
    const struct channels_include *include)
{
	const char *of_filter = channels_filter_text(filter);

	if (of_filter == NULL || include->query == NULL)
		return of_filter != NULL ? of_filter : include->query;
	return arena_printf(req->arena, "%s&%s", of_filter, include->query);
}

/* GET /channels */
enum es_code
channels_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct paging_list list = {"channels", req->who.actor.tenant.text, ""};
	struct channels_include include;
	struct channels_filter filter;
	struct channel_page page;
	struct channel_id after;
	struct json_write w;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(channels_read_filter(req, &filter, err));
	TRY(channels_include_parse(req, &include, err));
	TRY(channels_read_page(api, req, &filter, &after, limit, &page, err));
	TRY(channels_include_read(api, req, page.items, page.n, &include, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "channels");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_channel(&w, &page.items[i]);
		channels_include_write(&w, &include, &page.items[i].id);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list, page.more ? page.last.text : NULL, limit,
	    channels_next_query(req, &filter, &include));
	jw_object_end(&w);
	return ES_OK;
}

/* Looks for the channel that an earlier request with the same key created. Asks whether
 * the channel exists before it reads the channel. In the reverse order, a channel that a
 * concurrent request creates between the two statements would look like one that the
 * creator can no longer see. When the creator can no longer see the channel, the repeat
 * is refused here, because a second insert would fail with a misleading reason. */
static enum es_code
channels_find_repeat(struct api *api, const struct http_req *req, struct http_res *res,
    const struct channel_id *id, struct channel *out, bool *found, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	enum es_code rc;
	bool there;

	TRY(channel_store_exists(api->pg, who, id, req->arena, &there, err));
	if (!there)
		return ES_OK;
	rc = channel_store_get(api->pg, who, id, req->arena, out, err);
	if (rc == ES_NOT_FOUND)
		return es_fail_field(err, ES_CONFLICT, ":Idempotency-Key",
		    "was used to create a channel that you can no longer see");
	*found = create_once_replays(rc, res);
	return rc;
}

static enum es_code
channels_make_once(struct api *api, const struct http_req *req, struct http_res *res,
    struct channel_new *make, struct channel *out, struct es_err *err)
{
	struct create_once once;
	bool found = false;
	enum es_code rc;

	TRY(create_once_begin(api, req, "channels", &once, err));
	memcpy(make->id.text, once.id.text, sizeof(make->id.text));
	if (once.seen_before)
		TRY(channels_find_repeat(api, req, res, &make->id, out, &found, err));
	if (found)
		return ES_OK;
	rc = channel_store_create(api->pg, &req->who.actor, make, req->arena, out, err);
	if (rc != ES_OK && once.has_key) {
		struct es_err why = *err;

		TRY(channels_find_repeat(api, req, res, &make->id, out, &found, err));
		*err = why;
	}
	return found ? ES_OK : rc;
}

/* POST /channels. The caller becomes the owner of the channel. */
enum es_code
channels_create(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct create_input in = {0};
	struct channel channel = {0};

	TRY(http_body_begin(req, create_fields, ES_COUNT(create_fields), &in, err));
	http_body_note(req,
	    field_check_name("name", &in.name, 1, CHANNEL_NAME_MAX, req->arena, err),
	    err);
	http_body_note(req,
	    field_check_name("topic", &in.topic, 0, TOPIC_MAX, req->arena, err), err);
	http_body_note(req,
	    field_check_word("postingPolicy", in.postingPolicy, POSTING_POLICIES, err),
	    err);
	TRY(http_body_end(req, err));
	struct channel_new make = {.name = in.name,
	    .topic = in.topic,
	    .posting_policy = in.postingPolicy,
	    .is_private = in.isPrivate,
	    .user_max = api->conf->user_channels};

	TRY(channels_make_once(api, req, res, &make, &channel, err));
	if (channel.feed != NULL)
		announce_event(api, req, channel.feed);
	channels_write_channel(res, 201, &channel);
	http_header(res, "Location",
	    arena_printf(req->arena, "/api/v1/channels/%s", channel.id.text));
	return ES_OK;
}

/* GET /channels/{channelId} */
enum es_code
channels_get(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channels_include include;
	struct channel channel;
	struct channel_id id;
	struct json_write w;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channels_include_parse(req, &include, err));
	TRY(channel_store_get(api->pg, &req->who.actor, &id, req->arena, &channel, err));
	TRY(channels_include_read(api, req, &channel, 1, &include, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_channel(&w, &channel);
	channels_include_write(&w, &include, &channel.id);
	jw_object_end(&w);
	return ES_OK;
}

/* PATCH /channels/{channelId} */
enum es_code
channels_patch(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct patch_input in = {0};
	struct channel channel;
	struct channel_id id;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(http_body_begin(req, patch_fields, ES_COUNT(patch_fields), &in, err));
	http_body_note(req,
	    field_check_name("name", &in.name, 1, CHANNEL_NAME_MAX, req->arena, err),
	    err);
	http_body_note(req,
	    field_check_name("topic", &in.topic, 0, TOPIC_MAX, req->arena, err), err);
	http_body_note(req,
	    field_check_word("postingPolicy", in.postingPolicy, POSTING_POLICIES, err),
	    err);
	TRY(http_body_end(req, err));
	const struct channel_patch patch = {.name = in.name,
	    .topic = in.has_topic && in.topic == NULL ? "" : in.topic,
	    .posting_policy = in.postingPolicy,
	    .is_private = in.has_isPrivate ? &in.isPrivate : NULL};

	TRY(channel_store_patch(
	    api->pg, &req->who.actor, &id, &patch, req->arena, &channel, &event, err));
	announce_event(api, req, &event);
	channels_write_channel(res, 200, &channel);
	return ES_OK;
}

/* POST /channels/{channelId}/archive */
enum es_code
channels_archive(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel channel;
	struct channel_id id;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channel_store_archive(
	    api->pg, &req->who.actor, &id, req->arena, &channel, &event, err));
	announce_event(api, req, &event);
	channels_write_channel(res, 200, &channel);
	return ES_OK;
}

/* POST /channels/{channelId}/unarchive */
enum es_code
channels_unarchive(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel channel;
	struct channel_id id;
	struct event event;

	TRY(path_param_channel(req, 0, &id, err));
	TRY(channel_store_unarchive(
	    api->pg, &req->who.actor, &id, req->arena, &channel, &event, err));
	announce_event(api, req, &event);
	channels_write_channel(res, 200, &channel);
	return ES_OK;
}
