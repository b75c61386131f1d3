/* What the caller has not read, and who has read a message. */
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/receipt_store.h"
#include "store/unread_store.h"

#include "core/banned.h"

static void
unread_write_channel(struct json_write *w, const struct unread *u)
{
	jw_string(w, "channelId", u->channel.text);
	jw_int(w, "lastSeq", u->last_seq);
	jw_int(w, "lastReadSeq", u->last_read_seq);
	json_shape_unread(w, u);
}

/* GET /unread */
enum es_code
unread_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const struct paging_list list = {"unread", who->tenant.text, who->user.text};
	struct unread_page page;
	struct channel_id after;
	struct json_write w;
	bool all = false;
	int64_t limit;

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(query_bool(&req->query, "all", &all, err));
	TRY(unread_store_list(api->pg, who, all, after.text[0] == '\0' ? NULL : &after,
	    limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "channels");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		unread_write_channel(&w, &page.items[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.next.text[0] != '\0' ? page.next.text : NULL, limit,
	    all ? "all=true" : NULL);
	jw_object_end(&w);
	return ES_OK;
}

/* GET /channels/{channelId}/messages/{messageId}/readers */
enum es_code
unread_readers(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	const struct paging_list list = {
	    "readers", who->tenant.text, arena_strdup(req->arena, req->uri.path)};
	struct channel_id channel;
	struct reader_page page;
	struct user_id after;
	struct json_write w;
	int64_t id, limit;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_message(req, 1, &id, err));
	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(receipt_store_readers(api->pg, who, &channel, id, api->conf->receipt_members,
	    after.text[0] == '\0' ? NULL : &after, limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "readers");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		jw_string(&w, "userId", page.items[i].user.text);
		jw_string(&w, "displayName", page.items[i].display_name);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].user.text : NULL, limit, NULL);
	jw_object_end(&w);
	return ES_OK;
}
