#include "send/send_lane.h"

#include <string.h>

#include "core/check.h"

#include "core/banned.h"

struct send_lane *
send_lane_find(struct conn *c, const struct channel_id *channel)
{
	for (struct list *l = c->lanes.next; l != &c->lanes; l = l->next) {
		struct send_lane *lane = LIST_ITEM(l, struct send_lane, link);

		if (strcmp(lane->channel.text, channel->text) == 0)
			return lane;
	}
	return NULL;
}

struct send_lane *
send_lane_get(struct conn *c, const struct channel_id *channel, struct list *due)
{
	struct send_lane *lane = send_lane_find(c, channel);

	if (lane != NULL)
		return lane;
	lane = mem_new(1, sizeof(*lane));
	lane->conn = c;
	lane->due = due;
	lane->channel = *channel;
	list_init(&lane->items);
	list_init(&lane->link);
	list_add_tail(&c->lanes, &lane->link);
	return lane;
}

void
send_lane_free(struct send_lane *lane)
{
	struct list *l;

	while ((l = list_first(&lane->items)) != NULL)
		send_lane_remove(LIST_ITEM(l, struct send_item, link));
	list_del(&lane->link);
	mem_free(lane);
}

static size_t
send_lane_size(const char *s)
{
	return s != NULL ? strlen(s) + 1 : 0;
}

static const char *
send_lane_put(char **at, const char *s)
{
	const size_t size = send_lane_size(s);
	char *copy = *at;

	if (s == NULL)
		return NULL;
	memcpy(copy, s, size);
	*at += size;
	return copy;
}

struct send_item *
send_lane_add(struct send_lane *lane, const struct send_new *message, int64_t deadline_ms)
{
	const size_t texts =
	    send_lane_size(message->body) + send_lane_size(message->client_id) +
	    send_lane_size(message->id) + send_lane_size(message->traceparent);
	struct send_item *item = mem_new(1, sizeof(*item) + texts);
	char *at = (char *)(item + 1);

	item->lane = lane;
	item->deadline_ms = deadline_ms;
	item->body = send_lane_put(&at, message->body);
	item->client_id = send_lane_put(&at, message->client_id);
	item->id = send_lane_put(&at, message->id);
	item->traceparent = send_lane_put(&at, message->traceparent);
	item->untraced = message->untraced;
	list_init(&item->link);
	list_init(&item->due);
	list_add_tail(&lane->items, &item->link);
	list_add_tail(lane->due, &item->due);
	lane->n++;
	return item;
}

struct send_item *
send_lane_first(const struct send_lane *lane)
{
	struct list *l = list_first(&lane->items);

	return l == NULL ? NULL : LIST_ITEM(l, struct send_item, link);
}

struct send_item *
send_lane_item(struct send_lane *lane, uint64_t number)
{
	for (struct list *l = lane->items.next; l != &lane->items; l = l->next) {
		struct send_item *item = LIST_ITEM(l, struct send_item, link);

		if (item->number == number)
			return item;
	}
	return NULL;
}

void
send_lane_remove(struct send_item *item)
{
	list_del(&item->link);
	list_del(&item->due);
	item->lane->n--;
	mem_free(item);
}
