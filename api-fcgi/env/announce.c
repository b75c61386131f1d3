#include "env/announce.h"

#include "core/log.h"
#include "env/api_metrics.h"
#include "event/feed.h"
#include "presence/presence_keys.h"

#include "core/banned.h"

#define TYPING_EVERY_MS "3000"

static void
announce_failed(struct api *api, const struct http_req *req, const char *what,
    const struct es_err *err)
{
	api_metrics_count(api->metrics, API_PUBLISH_FAILURES);
	log_warn("not published", LOG_STR("what", what), LOG_STR("rid", req->request_id),
	    LOG_ERR_FIELDS(err));
}

static void
announce_publish(struct api *api, const struct http_req *req, struct event *event)
{
	char topic[ES_TOPIC_MAX];
	struct redis_value reply;
	struct es_err err;
	struct text t;

	event->traceparent = req->traceparent;
	topic_channel(&event->tenant, &event->channel, topic);
	text_init(&t, req->arena, EVENT_BYTES_MAX);
	event_encode(event, &t);
	if (t.overflow)
		(void)es_fail(&err, ES_INTERNAL, "event too large");
	else if (redis_text(api->redis, req->arena, &reply, &err, "PUBLISH", topic,
		     t.data, NULL) == ES_OK)
		return;
	announce_failed(api, req, event_kind_name(event->kind), &err);
}

void
announce_event(struct api *api, const struct http_req *req, struct event *event)
{
	for (; event != NULL; event = event->feed)
		if (event->seq != 0)
			announce_publish(api, req, event);
}

void
announce_events(struct api *api, const struct http_req *req, struct event_list *events)
{
	for (size_t i = 0; i < events->n; i++)
		announce_event(api, req, &events->items[i]);
}

void
announce_acl(struct api *api, const struct http_req *req, const struct control *change)
{
	struct redis_value reply;
	struct es_err err;
	struct text t;

	text_init(&t, req->arena, CONTROL_BYTES_MAX);
	control_encode(change, &t);
	if (redis_text(api->redis, req->arena, &reply, &err, "PUBLISH", TOPIC_CONTROL,
		t.data, NULL) != ES_OK)
		announce_failed(api, req, "acl", &err);
}

void
announce_user_offline(
    struct api *api, const struct http_req *req, const struct user_id *user)
{
	struct es_err err;

	if (presence_end_user(
		api->redis, &req->who.actor.tenant, user, req->arena, &err) != ES_OK)
		announce_failed(api, req, "presence", &err);
}

void
announce_tenant_offline(
    struct api *api, const struct http_req *req, const struct tenant_id *tenant)
{
	struct es_err err;

	if (presence_end_tenant(api->redis, tenant, req->arena, &err) != ES_OK)
		announce_failed(api, req, "presence", &err);
}

/* Returns true at most once per TYPING_EVERY_MS for a user and channel. Returns false
 * while Redis is down, because the event could not be published either. */
static bool
announce_typing_is_due(
    struct api *api, const struct http_req *req, const struct channel_id *channel)
{
	const struct actor *who = &req->who.actor;
	struct redis_value reply;
	struct es_err err;
	const char *key = arena_printf(req->arena, "es:ty:%s:%s:%s", who->tenant.text,
	    channel->text, who->user.text);

	if (redis_text(api->redis, req->arena, &reply, &err, "SET", key, "1", "NX", "PX",
		TYPING_EVERY_MS, NULL) != ES_OK)
		return false;
	return reply.kind != REDIS_NIL;
}

/* Publishes an event that is not stored. */
static void
announce_lossy(struct api *api, const struct http_req *req, const struct event *event)
{
	char topic[ES_TOPIC_MAX];
	struct redis_value reply;
	struct es_err err;
	struct text t;

	text_init(&t, req->arena, EVENT_BYTES_MAX);
	event_encode(event, &t);
	topic_channel(&event->tenant, &event->channel, topic);
	if (redis_text(api->redis, req->arena, &reply, &err, "PUBLISH", topic, t.data,
		NULL) != ES_OK)
		announce_failed(api, req, event_kind_name(event->kind), &err);
}

void
announce_typing(
    struct api *api, const struct http_req *req, const struct channel_id *channel)
{
	const struct actor *who = &req->who.actor;
	const struct event event = {.kind = EVENT_TYPING,
	    .tenant = who->tenant,
	    .channel = *channel,
	    .user = who->user,
	    .display_name = who->display_name};

	if (announce_typing_is_due(api, req, channel))
		announce_lossy(api, req, &event);
}

void
announce_receipt(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message)
{
	const struct actor *who = &req->who.actor;
	const struct event event = {.kind = EVENT_RECEIPT,
	    .tenant = who->tenant,
	    .channel = *channel,
	    .user = who->user,
	    .payload =
		arena_printf(req->arena, "{\"messageId\":%lld}", (long long)message)};

	announce_lossy(api, req, &event);
}

void
announce_read(struct api *api, const struct http_req *req,
    const struct channel_id *channel, int64_t message)
{
	const struct actor *who = &req->who.actor;
	const struct event event =
	    feed_read_event(&who->tenant, &who->user, channel, message, req->arena);

	announce_lossy(api, req, &event);
}
