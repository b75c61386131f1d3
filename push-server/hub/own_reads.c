#include "hub/own_reads.h"

#include "conn/conn_write.h"
#include "core/check.h"
#include "event/feed.h"
#include "hub/subscription.h"
#include "wire/event_frame.h"

#include "core/banned.h"

void
own_reads_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message)
{
	struct arena *a = arena_new();
	const struct event ev = feed_read_event(tenant, user, channel, message, a);
	char topic[ES_TOPIC_MAX];
	struct text text;

	text_init(&text, a, 4096);
	event_encode(&ev, &text);
	CHECK(!text.overflow);
	topic_channel(tenant, &ev.channel, topic);
	hub->io.publish(hub->io.ctx, topic, text.data, text.len);
	arena_free(&a);
}

/* Only the user subscribes to its feed, so each reader may see the mark. */
void
own_reads_event(struct channel *feed, const struct event *ev)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct event_frame frame = event_frame_encode(ev, buf);
	size_t len;
	const char *json = event_frame_json(&frame, &len);

	for (struct list *l = feed->subs.next; l != &feed->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (sub_live(sub) && sub->stop_at == INT64_MAX)
			IGNORE(conn_lossy_frame(sub->conn, json, len));
	}
}
