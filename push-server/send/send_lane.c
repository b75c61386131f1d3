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
	list_init(&lane->held);
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
	list_del(&lane->held);
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
send_lane_add(struct send_lane *lane, const struct send_new *new, int64_t deadline_ms)
{
	const size_t texts = send_lane_size(new->body) + send_lane_size(new->emoji) +
	                     send_lane_size(new->client_id) + send_lane_size(new->id) +
	                     send_lane_size(new->traceparent);
	struct send_item *item = mem_new(1, sizeof(*item) + texts);
	char *at = (char *)(item + 1);

	item->lane = lane;
	item->deadline_ms = deadline_ms;
	item->new = *new;
	item->new.body = send_lane_put(&at, new->body);
	item->new.emoji = send_lane_put(&at, new->emoji);
	item->new.client_id = send_lane_put(&at, new->client_id);
	item->new.id = send_lane_put(&at, new->id);
	item->new.traceparent = send_lane_put(&at, new->traceparent);
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

void
send_lane_release(struct send_lane *lane)
{
	list_del(&lane->held);
	for (struct list *l = lane->items.next; l != &lane->items; l = l->next) {
		struct send_item *item = LIST_ITEM(l, struct send_item, link);

		item->ready = item->ready || item->held;
		item->held = false;
	}
}

/* Bytes of a text in an envelope, which escapes all characters outside of ASCII. */
static size_t
send_lane_envelope_bytes(const char *text)
{
	size_t n = 0;

	if (text == NULL)
		return 0;
	for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			n += 6;
		else if (*p < 0x80)
			n += *p == '"' || *p == '\\' ? 2 : 1;
		else if (*p >= 0xc0)
			n += *p >= 0xf0 ? 12 : 6;
	}
	return n;
}

/* Returns true when both items may go into one envelope. An envelope belongs to one
 * trace. */
static bool
send_lane_same_trace(const struct send_new *a, const struct send_new *b)
{
	if (a->traceparent == NULL || b->traceparent == NULL)
		return a->traceparent == b->traceparent && a->untraced == b->untraced;
	return strcmp(a->traceparent, b->traceparent) == 0;
}

size_t
send_lane_ready(const struct send_lane *lane)
{
	size_t n = 0, bytes = 1024 + send_lane_envelope_bytes(lane->conn->display_name);

	for (struct list *l = lane->items.next; l != &lane->items; l = l->next) {
		const struct send_item *item = LIST_ITEM(l, struct send_item, link);

		/* 512: the item's ids, key, hash, emoji, numbers and punctuation */
		bytes += 512 + send_lane_envelope_bytes(item->new.body) +
		         send_lane_envelope_bytes(item->new.emoji);
		/* The limit may refuse an uncharged item, so it goes alone. */
		if (!item->ready || n == ENVELOPE_MESSAGES_MAX ||
		    (n > 0 && send_lane_first(lane)->uncharged) ||
		    !send_lane_same_trace(&send_lane_first(lane)->new, &item->new) ||
		    (n > 0 && bytes > ENVELOPE_BYTES_MAX))
			break;
		n++;
	}
	return n;
}

bool
send_lane_is_reaction(enum envelope_op op)
{
	return op == OP_REACT || op == OP_UNREACT;
}

const char *
send_lane_frame_type(enum envelope_op op)
{
	return op == OP_MESSAGE ? "send" : envelope_op_name(op);
}
