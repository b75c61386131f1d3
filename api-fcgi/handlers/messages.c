/* Reads messages: the history of a channel, one message by its number, or one message by
 * the clientMessageId that its sender chose. */
#include <stdio.h>
#include <string.h>

#include "event/envelope.h"
#include "handlers/handlers.h"
#include "http/if_match.h"
#include "http/json_shape.h"
#include "http/paging.h"
#include "http/path_param.h"

#include "core/banned.h"

static const struct {
	const char *name;
	enum message_where where;
} directions[] = {
    {"before", MESSAGES_BEFORE},
    {"after", MESSAGES_AFTER},
    {"around", MESSAGES_AROUND},
};

/* Reads ?ids=1,2,3, 1 to MESSAGE_IDS_MAX numbers. *n is 0 when it is absent. */
static enum es_code
messages_read_ids(const struct http_req *req, int64_t out[MESSAGE_IDS_MAX], size_t *n,
    struct es_err *err)
{
	const char *s = query_get(&req->query, "ids");

	*n = 0;
	if (s == NULL)
		return ES_OK;
	if (req->query.n > 1)
		return es_fail_field(err, ES_BAD_REQUEST, "?ids",
		    "can't be combined with other parameters");
	for (;;) {
		const size_t len = strcspn(s, ",");
		const char *one = arena_memdup(req->arena, s, len);
		struct query alone = {.n = 1, .items = {{"ids", one}}};

		if (*n == MESSAGE_IDS_MAX)
			return es_fail_field(err, ES_BAD_REQUEST, "?ids",
			    "at most %d ids", MESSAGE_IDS_MAX);
		if (query_int(&alone, "ids", 1, ES_INT_MAX_EXACT, &out[*n], NULL, err) !=
		    ES_OK)
			return es_fail_field(err, ES_BAD_REQUEST, "?ids",
			    "expected message ids separated by commas");
		(*n)++;
		if (s[len] == '\0')
			return ES_OK;
		s += len + 1;
	}
}

/* Reads the query. At most one of before, after and around may be present. */
static enum es_code
messages_read_query(
    const struct http_req *req, struct message_query *out, struct es_err *err)
{
	struct message_query q = {.where = MESSAGES_LATEST};

	TRY(paging_limit(req, &q.limit, err));
	for (size_t i = 0; i < ES_COUNT(directions); i++) {
		bool present;
		int64_t id = 0;

		TRY(query_int(&req->query, directions[i].name, 0, ES_INT_MAX_EXACT, &id,
		    &present, err));
		if (present && q.where != MESSAGES_LATEST)
			return es_fail(err, ES_BAD_REQUEST,
			    "use at most one of before, after and around");
		if (present) {
			q.where = directions[i].where;
			q.id = id;
		}
	}
	*out = q;
	return ES_OK;
}

static void
messages_write_next(const struct http_req *req, struct http_res *res,
    struct json_write *w, const struct message_query *q, const struct message_page *page)
{
	const bool forward = q->where == MESSAGES_AFTER;
	const int64_t next = forward ? page->next_after : page->next_before;

	jw_bool(w, "hasMore", page->more);
	if (!forward)
		json_shape_number(w, "nextBefore", page->next_before);
	if (forward || q->where == MESSAGES_AROUND)
		json_shape_number(w, "nextAfter", page->next_after);
	jw_int(w, "limit", q->limit);
	if (page->more && next != 0)
		paging_link(req, res,
		    arena_printf(req->arena, "%s=%lld&limit=%lld",
			forward ? "after" : "before", (long long)next,
			(long long)q->limit));
}

/* GET /channels/{channelId}/messages */
enum es_code
messages_list(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	int64_t ids[MESSAGE_IDS_MAX];
	struct message_query query;
	struct message_page page;
	struct channel_id channel;
	struct json_write w;
	size_t n_ids;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(messages_read_ids(req, ids, &n_ids, err));
	if (n_ids > 0) {
		query = (struct message_query){
		    .where = MESSAGES_LATEST, .limit = MESSAGE_IDS_MAX};
		TRY(message_store_by_ids(api->pg, &req->who.actor, &channel, ids, n_ids,
		    req->arena, &page, err));
	} else {
		TRY(messages_read_query(req, &query, err));
		TRY(message_store_page(
		    api->pg, &req->who.actor, &channel, &query, req->arena, &page, err));
	}
	http_json(res, &w, 200);
	jw_object(&w, NULL);
	jw_array(&w, "messages");
	for (size_t i = 0; i < page.n; i++) {
		jw_object(&w, NULL);
		json_shape_message(&w, &page.items[i]);
		jw_object_end(&w);
	}
	jw_array_end(&w);
	messages_write_next(req, res, &w, &query, &page);
	jw_object_end(&w);
	return ES_OK;
}

static void
messages_write_message(struct http_res *res, const struct message *m)
{
	struct json_write w;

	http_json(res, &w, 200);
	jw_object(&w, NULL);
	json_shape_message(&w, m);
	jw_object_end(&w);
}

/* GET /channels/{channelId}/messages/{messageId} */
enum es_code
messages_get(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	struct channel_id channel;
	struct message message;
	int64_t id;

	TRY(path_param_channel(req, 0, &channel, err));
	TRY(path_param_message(req, 1, &id, err));
	TRY(message_store_get(
	    api->pg, &req->who.actor, &channel, id, req->arena, &message, err));
	messages_write_message(res, &message);
	if_match_set_etag(req, res, &message);
	return ES_OK;
}

/* GET /channels/{channelId}/messages/by-client-id/{clientMessageId} */
enum es_code
messages_by_client_id(
    struct api *api, const struct http_req *req, struct http_res *res, struct es_err *err)
{
	const char *client_id = req->params[1];
	enum es_code refusal = ES_GONE, rc;
	struct channel_id channel;
	struct message message;

	TRY(path_param_channel(req, 0, &channel, err));
	if (!client_id_valid(client_id))
		return es_fail(err, ES_NOT_FOUND, STORE_NO_MESSAGE);
	rc = message_store_by_client_id(api->pg, &req->who.actor, &channel, client_id,
	    req->arena, &message, &refusal, err);
	if (rc == ES_GONE) {
		/* Answer 410 for every refusal; the code in the body gives the reason. */
		rc = es_fail(err, refusal, "the message was refused: %s",
		    refusal == ES_INVALID ? MESSAGE_NOT_STORABLE
					  : es_code_title(refusal));
		res->status_instead = 410;
	}
	if (rc != ES_OK)
		return rc;
	messages_write_message(res, &message);
	return ES_OK;
}
