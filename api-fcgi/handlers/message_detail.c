/* What one message has beside its present text: who has reacted with an emoji, and its
 * older texts. */
#include "handlers/handlers.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"
#include "store/message_change_store.h"
#include "store/reaction_store.h"
#include "unicode/emoji.h"

#include "core/banned.h"

static enum es_code
message_detail_read_emoji(
    const struct http_req *req, const char **out, struct es_err *err)
{
	const char *emoji = query_get(&req->query, "emoji");

	if (emoji == NULL)
		return es_fail_field(err, ES_BAD_REQUEST, "?emoji", "is required");
	if (!emoji_valid(emoji))
		return es_fail_field(err, ES_INVALID, "?emoji", EMOJI_RULE);
	*out = emoji;
	return ES_OK;
}

/* Returns the parameter emoji for the link to the next page, each byte percent-encoded.
 */
static const char *
message_detail_emoji_query(const char *emoji, struct arena *a)
{
	struct text t;

	text_init(&t, a, 3UL * EMOJI_MAX + 16);
	text_addf(&t, "emoji=");
	for (const char *s = emoji; *s != '\0'; s++)
		text_addf(&t, "%%%02X", (unsigned)(unsigned char)*s);
	return t.data;
}

static void
message_detail_write_reactors(struct json_write *w, const struct reactor_page *page)
{
	jw_array(w, "users");
	for (size_t i = 0; i < page->n; i++) {
		jw_object(w, NULL);
		jw_string(w, "userId", page->items[i].user.text);
		jw_string(w, "displayName", page->items[i].display_name);
		json_shape_time(w, "reactedAt", page->items[i].reacted_ms);
		jw_object_end(w);
	}
	jw_array_end(w);
}

/* GET /channels/{channelId}/messages/{messageId}/reactions?emoji= */
enum es_code
message_reactions(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct channel_id channel;
	struct reactor_page page;
	struct user_id after;
	struct json_write w;
	const char *emoji = "";
	int64_t id, limit;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_message(req, 1, &id, err));
	TRY(message_detail_read_emoji(req, &emoji, err));
	const struct paging_list list = {"reactions", who->tenant.text,
	    arena_printf(req->arena, "%s %lld %s", channel.text, (long long)id, emoji)};

	TRY(paging_limit(req, &limit, err));
	TRY(paging_cursor(req, &list, after.text, err));
	TRY(reaction_store_list(api->pg, who, &channel, id, emoji,
	    after.text[0] == '\0' ? NULL : &after, limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_string(&w, "emoji", emoji);
	message_detail_write_reactors(&w, &page);
	paging_next(req, res, &w, &list,
	    page.more ? page.items[page.n - 1].user.text : NULL, limit,
	    message_detail_emoji_query(emoji, req->arena));
	jw_object_end(&w);
	return ES_OK;
}

/* GET /channels/{channelId}/messages/{messageId}/revisions */
enum es_code
message_revisions(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	int64_t id, limit, before = ES_INT_MAX_EXACT;
	struct message_revisions page;
	struct channel_id channel;
	struct json_write w;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_message(req, 1, &id, err));
	TRY(paging_limit(req, &limit, err));
	TRY(query_int(&req->query, "before", 1, ES_INT_MAX_EXACT, &before, NULL, err));
	TRY(message_change_store_revisions(api->pg, &req->who.actor, &channel, id, before,
	    limit, req->arena, &page, err));
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "revisions");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		jw_int(&w, "version", page.items[i].version);
		jw_string(&w, "body", page.items[i].body);
		jw_string(&w, "replacedBy", page.items[i].replaced_by.text);
		json_shape_time(&w, "replacedAt", page.items[i].replaced_ms);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	before = page.more ? page.items[page.n - 1].version : 0;
	json_shape_number(&w, "nextBefore", before);
	jw_int(&w, "limit", limit);
	if (before != 0)
		paging_link(req, res,
		    arena_printf(req->arena, "before=%lld&limit=%lld", (long long)before,
			(long long)limit));
	jw_object_end(&w);
	return ES_OK;
}
