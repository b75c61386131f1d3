#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "fake_outside.h"

#include "core/banned.h"

struct out_item {
	struct out_item *next;
	char topic[ES_TOPIC_MAX];
	char *data; /* NULL: a confirmation of the topic */
	size_t len;
};

unsigned
out_random(struct outside *o, unsigned below)
{
	o->random_state ^= o->random_state << 13;
	o->random_state ^= o->random_state >> 17;
	o->random_state ^= o->random_state << 5;
	return o->random_state % below;
}

bool
out_chance(struct outside *o, unsigned percent)
{
	return out_random(o, 100) < percent;
}

static void
free_items(struct out_item **list)
{
	while (*list != NULL) {
		struct out_item *item = *list;

		*list = item->next;
		free(item->data);
		free(item);
	}
}

static struct out_item *
item_new(const char *topic, const char *data, size_t len)
{
	struct out_item *item = mem_new(1, sizeof(*item));

	(void)snprintf(item->topic, sizeof(item->topic), "%s", topic);
	if (data != NULL) {
		item->data = mem_new(1, len + 1);
		memcpy(item->data, data, len);
		item->len = len;
	}
	return item;
}

static void
push(struct out_item **list, struct out_item *item)
{
	while (*list != NULL)
		list = &(*list)->next;
	*list = item;
}

static int
topic_index(const struct outside *o, const char *topic)
{
	for (int i = 0; i < 64; i++)
		if (strcmp(o->topics[i], topic) == 0)
			return i;
	return -1;
}

void
pub_topic(void *ctx, const char *topic, bool wanted)
{
	struct outside *o = ctx;
	int i = topic_index(o, topic);

	if (!wanted) {
		if (i >= 0)
			o->topics[i][0] = '\0';
		return;
	}
	if (i >= 0)
		return;
	i = topic_index(o, "");
	CHECK(i >= 0);
	(void)snprintf(o->topics[i], ES_TOPIC_MAX, "%s", topic);
	o->confirmed[i] = !o->topics_down;
	if (!o->topics_down)
		push(&o->stream, item_new(topic, NULL, 0));
}

void
pub_send(void *ctx, const char *topic, const char *data, size_t len)
{
	struct outside *o = ctx;
	const int i = topic_index(o, topic);

	o->published++;
	if (i >= 0 && o->confirmed[i] && !o->topics_down)
		push(&o->stream, item_new(topic, data, len));
}

/* Routes the message as a worker does: topics of presence go to presence, all others to
 * the hub. */
static void
pub_message(struct fake_worker *w, const struct out_item *item)
{
	if (w->presence != NULL && presence_owns(item->topic))
		presence_message(w->presence, item->topic, item->data, item->len);
	else if (w->hub != NULL)
		hub_on_topic_message(w->hub, item->topic, item->data, item->len);
}

static void
pub_subscribed(struct fake_worker *w, const char *topic)
{
	if (w->presence != NULL && presence_owns(topic))
		presence_subscribed(w->presence, topic);
	else if (w->hub != NULL)
		hub_on_topic_subscribed(w->hub, topic);
}

bool
pub_deliver_one(struct outside *o)
{
	struct out_item *item = o->stream;

	if (item == NULL)
		return false;
	o->stream = item->next;
	if (item->data != NULL)
		pub_message(o->worker, item);
	else if (topic_index(o, item->topic) >= 0)
		pub_subscribed(o->worker, item->topic);
	free(item->data);
	free(item);
	return true;
}

void
out_disconnect(struct outside *o)
{
	free_items(&o->stream);
	o->topics_down = true;
	memset(o->confirmed, 0, sizeof(o->confirmed));
	if (o->worker->hub != NULL)
		hub_on_topics_state(o->worker->hub, false);
}

void
out_reconnect(struct outside *o)
{
	o->topics_down = false;
	if (o->worker->hub != NULL)
		hub_on_topics_state(o->worker->hub, true);
	for (unsigned i = 0; i < 64; i++)
		if (o->topics[i][0] != '\0') {
			o->confirmed[i] = true;
			push(&o->stream, item_new(o->topics[i], NULL, 0));
		}
}

void
pub_send_late(struct outside *o, const char *topic, const char *data, size_t len)
{
	push(&o->late, item_new(topic, data, len));
}

void
pub_deliver_late(struct outside *o)
{
	struct out_item *item = o->late;

	if (item == NULL)
		return;
	o->late = item->next;
	pub_send(o, item->topic, item->data, item->len);
	free(item->data);
	free(item);
}

void
pub_forget_late(struct outside *o)
{
	free_items(&o->late);
}

void
pub_fini(struct outside *o)
{
	free_items(&o->stream);
	free_items(&o->late);
}
