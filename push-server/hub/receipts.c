#include "hub/receipts.h"

#include <string.h>

#include "conn/conn_write.h"
#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "hub/subscription.h"
#include "wire/event_frame.h"
#include "json/json_bind.h"

#include "core/banned.h"

struct receipt_key {
	struct tenant_id tenant;
	struct channel_id channel;
	struct user_id user;
};

struct receipt {
	struct table_node node;
	struct list place; /* on receipts->waiting */
	struct receipt_key key;
	int64_t message;
};

struct receipts {
	struct table table; /* by key */
	struct list waiting;
};

struct receipt_payload {
	int64_t messageId;
};
static const struct json_field fields[] = {
    JSON_FIELD(struct receipt_payload, messageId, JSON_INT, true, 1, ES_INT_MAX_EXACT),
};

struct receipts *
receipts_new(void)
{
	struct receipts *r = mem_new(1, sizeof(*r));

	table_init(&r->table);
	list_init(&r->waiting);
	return r;
}

static struct receipt *
receipts_pop(struct receipts *r)
{
	struct list *l = list_pop(&r->waiting);
	struct receipt *one;

	if (l == NULL)
		return NULL;
	one = LIST_ITEM(l, struct receipt, place);
	table_remove(&r->table, &one->node);
	return one;
}

void
receipts_free(struct receipts **r)
{
	struct receipt *one;

	if (*r == NULL)
		return;
	while ((one = receipts_pop(*r)) != NULL)
		mem_free(one);
	table_fini(&(*r)->table);
	mem_free(*r);
	*r = NULL;
}

static const char *
receipts_payload(struct arena *a, int64_t message)
{
	return arena_printf(a, "{\"messageId\":%lld}", (long long)message);
}

void
receipts_publish(struct hub *hub, const struct tenant_id *tenant,
    const struct channel_id *channel, const struct user_id *user, int64_t message)
{
	struct event ev = {
	    .kind = EVENT_RECEIPT, .tenant = *tenant, .channel = *channel, .user = *user};
	struct arena *a = arena_new();
	char topic[ES_TOPIC_MAX];
	struct text text;

	ev.payload = receipts_payload(a, message);
	text_init(&text, a, 4096);
	event_encode(&ev, &text);
	CHECK(!text.overflow);
	topic_channel(tenant, channel, topic);
	hub->io.publish(hub->io.ctx, topic, text.data, text.len);
	arena_free(&a);
}

static bool
receipts_same(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct receipt, node)->key, key,
		   sizeof(struct receipt_key)) == 0;
}

void
receipts_event(struct channel *ch, const struct event *ev, struct arena *a)
{
	const struct receipt_key key = {ev->tenant, ev->channel, ev->user};
	const uint64_t hash = keyed_hash(&key, sizeof(key));
	struct receipts *r = ch->hub->receipts;
	struct table_node *node = table_find(&r->table, hash, receipts_same, &key);
	struct receipt_payload in = {0};
	struct receipt *one;
	struct es_err err;

	if (ev->payload == NULL || ch->n_subs > RECEIPT_READERS_MAX ||
	    json_bind(ev->payload, strlen(ev->payload), fields, ES_COUNT(fields),
		JSON_IGNORE_UNKNOWN, a, &in, &err) != ES_OK)
		return;
	if (node == NULL && r->table.n >= RECEIPTS_MAX) {
		metrics_add(ch->hub->env->metrics, PM_LOSSY_DROPPED, 1);
		return;
	}
	if (node == NULL) {
		one = mem_new(1, sizeof(*one));
		one->key = key;
		list_init(&one->place);
		list_add_tail(&r->waiting, &one->place);
		table_add(&r->table, &one->node, hash);
	} else {
		one = ES_CONTAINER(node, struct receipt, node);
	}
	if (in.messageId > one->message)
		one->message = in.messageId;
}

static void
receipts_write(struct channel *ch, const struct receipt *one)
{
	static unsigned char buf[EVENT_FRAME_MAX];
	struct arena *a = arena_new();
	const struct event ev = {.kind = EVENT_RECEIPT,
	    .tenant = one->key.tenant,
	    .channel = one->key.channel,
	    .user = one->key.user,
	    .payload = receipts_payload(a, one->message)};
	const struct event_frame frame = event_frame_encode(&ev, buf);
	size_t len;
	const char *json = event_frame_json(&frame, &len);

	for (struct list *l = ch->subs.next; l != &ch->subs; l = l->next) {
		struct subscription *sub = LIST_ITEM(l, struct subscription, of_channel);

		if (!sub_live(sub) || sub->stop_at != INT64_MAX ||
		    !sub->conn->read_receipts ||
		    strcmp(sub->conn->user.text, one->key.user.text) == 0)
			continue;
		if (conn_lossy_frame(sub->conn, json, len))
			metrics_add(ch->hub->env->metrics, PM_RECEIPTS, 1);
	}
	arena_free(&a);
}

void
receipts_flush(struct hub *hub)
{
	struct receipt *one;

	while ((one = receipts_pop(hub->receipts)) != NULL) {
		struct channel *ch =
		    channel_find(hub, &one->key.tenant, &one->key.channel);

		if (ch != NULL)
			receipts_write(ch, one);
		mem_free(one);
	}
}
