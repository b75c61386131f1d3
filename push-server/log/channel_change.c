#include "log/channel_change.h"

#include <string.h>

#include "event/feed.h"
#include "json/json_bind.h"

#include "core/banned.h"

struct change_payload {
	bool isPrivate, has_isPrivate;
	const char *postingPolicy;
	bool has_postingPolicy;
};

static const struct json_field change_fields[] = {
    JSON_FIELD_OPT(struct change_payload, isPrivate, JSON_BOOL, 0, 0),
    JSON_FIELD_OPT(struct change_payload, postingPolicy, JSON_STRING, 0, 20),
};

struct channel_change
channel_change_of(const struct event *ev, struct arena *a)
{
	struct change_payload in = {0};
	struct es_err err;

	if (ev->kind != EVENT_CHANNEL_UPDATED || feed_event_of_tenant(ev) ||
	    ev->payload == NULL ||
	    json_bind(ev->payload, strlen(ev->payload), change_fields,
		ES_COUNT(change_fields), JSON_IGNORE_UNKNOWN, a, &in, &err) != ES_OK)
		return (struct channel_change){0};
	return (struct channel_change){.has_private = in.has_isPrivate,
	    .is_private = in.isPrivate,
	    .has_posting = in.has_postingPolicy,
	    .admins_post = in.has_postingPolicy && in.postingPolicy != NULL &&
	                   strcmp(in.postingPolicy, "admins") == 0};
}
