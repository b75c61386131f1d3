#include "event/feed.h"

#include <string.h>

#include "core/banned.h"

enum es_code
feed_parse_only_channel(const char *text, const struct tenant_id *tenant,
    const struct user_id *user, struct channel_id *out, struct es_err *err)
{
	struct channel_id id;

	TRY(channel_id_parse(text, &id, err));
	if (strcmp(id.text, user->text) == 0 || strcmp(id.text, tenant->text) == 0)
		return es_fail(err, ES_NOT_FOUND, "no such channel");
	*out = id;
	return ES_OK;
}

enum es_code
feed_parse_channel(const char *text, const struct tenant_id *tenant,
    const struct user_id *user, struct channel_id *out, struct es_err *err)
{
	if (strcmp(text, FEED_ME) == 0)
		return channel_id_parse(user->text, out, err);
	if (strcmp(text, FEED_TENANT) == 0)
		return channel_id_parse(tenant->text, out, err);
	return feed_parse_only_channel(text, tenant, user, out, err);
}

const char *
feed_channel_name(const struct channel_id *channel, const struct tenant_id *tenant,
    const struct user_id *user)
{
	if (strcmp(channel->text, user->text) == 0)
		return FEED_ME;
	return strcmp(channel->text, tenant->text) == 0 ? FEED_TENANT : channel->text;
}

bool
feed_kind_of_user(enum event_kind kind)
{
	return kind == EVENT_CHANNEL_ADDED || kind == EVENT_CHANNEL_REMOVED ||
	       kind == EVENT_DM_OPENED || kind == EVENT_READ;
}

struct event
feed_read_event(const struct tenant_id *tenant, const struct user_id *user,
    const struct channel_id *channel, int64_t message, struct arena *a)
{
	struct event ev = {.kind = EVENT_READ, .tenant = *tenant, .user = *user};

	memcpy(ev.channel.text, user->text, sizeof(ev.channel.text));
	ev.payload = arena_printf(a, "{\"channelId\":\"%s\",\"messageId\":%lld}",
	    channel->text, (long long)message);
	return ev;
}

bool
feed_event_of_tenant(const struct event *ev)
{
	return strcmp(ev->channel.text, ev->tenant.text) == 0;
}

const char *
feed_event_channel(const struct event *ev)
{
	if (feed_kind_of_user(ev->kind))
		return FEED_ME;
	return feed_event_of_tenant(ev) ? FEED_TENANT : ev->channel.text;
}
