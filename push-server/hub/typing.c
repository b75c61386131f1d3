#include "hub/typing.h"

#include <stdlib.h>
#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"
#include "core/recent.h"
#include "crypto/keyed_hash.h"
#include "hub/subscription.h"
#include "wire/event_frame.h"

#include "core/banned.h"

#define KEYS_MAX 10000 /* maximum number of recent notices in each table */

struct typing_key {
	struct tenant_id tenant;
	struct channel_id channel;
	struct user_id user;
};

struct typing {
	struct recent *published; /* notices that this worker published to all workers */
	struct recent *shown;     /* notices that this worker sent to its clients */
};

struct typing *
typing_new(void)
{
	struct typing *t = mem_new(1, sizeof(*t));

	t->published =
	    recent_new(TYPING_EVERY_MS, sizeof(struct typing_key), KEYS_MAX, keyed_hash);
	t->shown =
	    recent_new(TYPING_EVERY_MS, sizeof(struct typing_key), KEYS_MAX, keyed_hash);
	return t;
}

void
typing_free(struct typing **t)
{
	if (*t == NULL)
		return;
	recent_free(&(*t)->published);
	recent_free(&(*t)->shown);
	free(*t);
	*t = NULL;
}

void
typing_publish(struct hub *hub, const struct conn *c, const struct channel_id *channel)
{
	const struct typing_key key = {c->tenant, *channel, c->user};
	struct event ev = {.kind = EVENT_TYPING,
	    .tenant = c->tenant,
	    .channel = *channel,
	    .user = c->user,
	    .display_name = c->display_name};
	char topic[ES_TOPIC_MAX];
	struct arena *a;
	struct text text;

	if (!recent_add(hub->typing->published, &key, hub->env->now_ms))
		return;
	a = arena_new();
	text_init(&text, a, 4096);
	event_encode(&ev, &text);
	if (!text.overflow) {
		topic_channel(&c->tenant, channel, topic);
		hub->io.publish(hub->io.ctx, topic, text.data, text.len);
	}
	arena_free(&a);
}

void
typing_event(struct channel *ch, const struct event *ev)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	const struct typing_key key = {ev->tenant, ev->channel, ev->user};
	struct event_frame frame;
	const char *json;
	size_t len;

	if (ch->n_subs > TYPING_READERS_MAX ||
	    !recent_add(ch->hub->typing->shown, &key, ch->hub->env->now_ms))
		return;
	frame = event_frame_encode(ev, buf);
	json = event_frame_json(&frame, &len);
	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (!sub_live(sub) || sub->stop_at != INT64_MAX ||
		    strcmp(sub->conn->user.text, ev->user.text) == 0)
			continue;
		if (conn_lossy_frame(sub->conn, json, len))
			metrics_add(ch->hub->env->metrics, PM_TYPING, 1);
	}
}
