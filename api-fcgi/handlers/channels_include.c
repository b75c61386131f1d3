#include "handlers/channels_include.h"

#include <string.h>

#include "http/json_shape.h"

#include "core/banned.h"

enum es_code
channels_include_parse(
    const struct http_req *req, struct channels_include *out, struct es_err *err)
{
	const char *s = query_get(&req->query, "include");

	*out = (struct channels_include){0};
	if (s == NULL)
		return ES_OK;
	for (;;) {
		const size_t len = strcspn(s, ",");

		if (len == strlen("unread") && memcmp(s, "unread", len) == 0)
			out->unread = true;
		else if (len == strlen("lastMessage") &&
			 memcmp(s, "lastMessage", len) == 0)
			out->last_message = true;
		else
			return es_fail_field(err, ES_BAD_REQUEST, "?include",
			    "expected unread, lastMessage or both, separated by a comma");
		if (s[len] == '\0')
			break;
		s += len + 1;
	}
	out->query = out->unread && out->last_message ? "include=unread,lastMessage"
	             : out->unread                    ? "include=unread"
	                                              : "include=lastMessage";
	return ES_OK;
}

enum es_code
channels_include_read(struct api *api, const struct http_req *req,
    const struct channel channels[], size_t n, struct channels_include *in,
    struct es_err *err)
{
	const struct actor *who = &req->who.actor;
	struct channel_id *ids = arena_alloc(req->arena, (n + 1) * sizeof(*ids));

	if (n == 0)
		return ES_OK;
	for (size_t i = 0; i < n; i++)
		ids[i] = channels[i].id;
	if (in->unread)
		TRY(unread_store_of(
		    api->pg, who, ids, n, req->arena, &in->counts, &in->n_counts, err));
	if (in->last_message)
		TRY(message_store_newest(api->pg, who, ids, n, req->arena, &in->messages,
		    &in->n_messages, err));
	return ES_OK;
}

static const struct unread *
channels_include_counts_of(
    const struct channels_include *in, const struct channel_id *channel)
{
	for (size_t i = 0; i < in->n_counts; i++)
		if (strcmp(in->counts[i].channel.text, channel->text) == 0)
			return &in->counts[i];
	return NULL;
}

static const struct message *
channels_include_message_of(
    const struct channels_include *in, const struct channel_id *channel)
{
	for (size_t i = 0; i < in->n_messages; i++)
		if (strcmp(in->messages[i].channel.text, channel->text) == 0)
			return &in->messages[i];
	return NULL;
}

void
channels_include_write(struct json_write *w, const struct channels_include *in,
    const struct channel_id *channel)
{
	const struct message *m = channels_include_message_of(in, channel);

	if (in->unread)
		json_shape_unread(w, channels_include_counts_of(in, channel));
	if (!in->last_message)
		return;
	if (m == NULL) {
		jw_null(w, "lastMessage");
		return;
	}
	jw_object(w, "lastMessage");
	json_shape_message(w, m);
	jw_object_end(w);
}
