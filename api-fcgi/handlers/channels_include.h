/* ?include= of channels: what the caller has not read in them, and their newest
 * messages. Without the parameter a request reads neither. */
#ifndef API_CHANNELS_INCLUDE_H
#define API_CHANNELS_INCLUDE_H

#include "env/api.h"
#include "http/http.h"
#include "store/channel_store.h"
#include "store/message_store.h"
#include "store/unread_store.h"

struct channels_include {
	bool unread, last_message;
	const char *query; /* the parameter for the link to the next page; NULL: absent */
	struct unread *counts;
	size_t n_counts;
	struct message *messages;
	size_t n_messages;
};

/* Reads ?include=, the words "unread" and "lastMessage" separated by commas. */
enum es_code channels_include_parse(const struct http_req *req,
    struct channels_include *out, struct es_err *err) ES_MUST_CHECK;
/* Reads what is included, for all n channels together. */
enum es_code channels_include_read(struct api *api, const struct http_req *req,
    const struct channel channels[], size_t n, struct channels_include *in,
    struct es_err *err) ES_MUST_CHECK;
/* Writes the fields that are included for a channel. */
void channels_include_write(struct json_write *w, const struct channels_include *in,
    const struct channel_id *channel);

#endif
