#include "hub/hub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/pool.h"
#include "hub/acl.h"
#include "hub/applicant.h"
#include "hub/authz.h"
#include "hub/deliver.h"
#include "hub/deliver_batch.h"
#include "hub/heads.h"
#include "hub/hub_trace.h"
#include "hub/own_reads.h"
#include "hub/receipts.h"
#include "hub/rights_ask.h"
#include "hub/subscription.h"
#include "hub/typing.h"
#include "log/page.h"

#include "core/banned.h"

const struct hub_limits hub_limits_default = {
    .log_bytes = 128UL << 20,
    .log_channel_bytes = 256UL << 10,
    .page_bytes = 32UL << 20,
    .max_subscriptions = 500,
    .replay_limit = 500,
    .replay_budget = 5000,
    .lookup_batch = 1000,
    .turn_writes = 512,
    .turn_wakes = 16384,
    .linger_ms = 60000,
    .join_timeout_ms = 5000,
    .rights_keep_ms = 5000,
    .rights_max = 20000,
    .acl_poll_ms = 5000,
};

static void
hub_init_lists(struct hub *hub)
{
	list_init(&hub->compare_order);
	list_init(&hub->checks);
	list_init(&hub->lingering);
	list_init(&hub->opening);
	list_init(&hub->dirty);
	list_init(&hub->ready);
	list_init(&hub->asking);
	list_init(&hub->applying);
	list_init(&hub->suspects);
}

/* The rights of a tenant's users have changed. */
static void
hub_version_moved(struct hub *hub, const struct tenant_id *tenant)
{
	authz_forget_tenant(hub->authz, tenant);
	hub->io.revalidate(hub->io.ctx, tenant);
}

struct hub *
hub_new(struct loop_env *env, struct conns *conns, const struct hub_limits *limits,
    const struct hub_io *io)
{
	struct hub *hub = mem_new(1, sizeof(*hub));
	const struct pages_limits pages = {.bytes = limits->page_bytes,
	    .reading = 16,
	    .per_tenant = 8,
	    .keep_ms = 10000};
	const struct pages_io read = {.ctx = io->ctx, .page = io->page};
	const struct pages_events arrived = {
	    .ctx = hub, .arrived = deliver_page, .gone = deliver_page_gone};

	hub->env = env;
	hub->conns = conns;
	hub->limits = *limits;
	hub->io = *io;
	hub_init_lists(hub);
	gather_init(&hub->gather, &(struct gather_limits){.batch = limits->lookup_batch});
	hub->logs = chan_logs_new(limits->log_bytes, limits->log_channel_bytes);
	hub->pages = pages_new(&pages, &read, &arrived);
	hub->batch = deliver_batch_new();
	hub->subscription_pool = pool_new(sizeof(struct subscription));
	table_init(&hub->channels);
	table_init(&hub->subscriptions);
	table_init(&hub->applicants);
	hub->authz = authz_new(limits);
	hub->acl = acl_new(hub_version_moved);
	hub->typing = typing_new();
	hub->receipts = receipts_new();
	hub->traces = hub_traces_new(hub->env->trace);
	hub->io.topic(hub->io.ctx, TOPIC_CONTROL, true);
	return hub;
}

void
hub_set_limits(struct hub *hub, const struct hub_limits *limits)
{
	hub->limits = *limits;
}

void
hub_free(struct hub **hub)
{
	struct hub *h = *hub;
	struct table_node *node;

	if (h == NULL)
		return;
	CHECK(h->subscriptions.n == 0 && h->applicants.n == 0);
	while ((node = table_next(&h->channels, NULL)) != NULL)
		channel_free(ES_CONTAINER(node, struct channel, node));
	typing_free(&h->typing);
	receipts_free(&h->receipts);
	hub_traces_free(&h->traces);
	acl_free(&h->acl);
	authz_free(&h->authz);
	pool_free(&h->subscription_pool);
	deliver_batch_free(&h->batch);
	pages_free(&h->pages);
	chan_logs_free(&h->logs);
	free(h);
	*hub = NULL;
}

void *
hub_io_ctx(const struct hub *hub)
{
	return hub->io.ctx;
}

void
hub_conn_open(struct hub *hub, struct conn *c)
{
	struct hub_conn *hc = mem_new(1, sizeof(*hc));

	hc->conn = c;
	hc->hub = hub;
	list_init(&hc->subscriptions);
	list_init(&hc->to_ask);
	list_init(&hc->applicants);
	list_init(&hc->to_apply);
	list_init(&hc->pending);
	list_init(&hc->asking);
	list_init(&hc->ready);
	c->hub = hc;
	acl_conn_open(hub, c);
}

void
hub_conn_closed(struct hub *hub, struct conn *c)
{
	struct hub_conn *hc = c->hub;
	struct list *l;

	acl_conn_closed(hub, c);
	while ((l = list_first(&hc->subscriptions)) != NULL)
		sub_free(LIST_ITEM(l, struct subscription, of_conn));
	while ((l = list_first(&hc->applicants)) != NULL)
		applicant_free(LIST_ITEM(l, struct applicant, of_conn));
	list_del(&hc->asking);
	list_del(&hc->ready);
	free(hc);
	c->hub = NULL;
}

void
hub_conn_writable(struct hub *hub, struct conn *c)
{
	(void)hub;
	if (c->hub != NULL)
		deliver_writable(c->hub);
}

static void
hub_numbered_event(
    struct hub *hub, struct channel *ch, const struct event *ev, struct arena *a)
{
	channel_event(ch, ev, a);
	if (ev->kind == EVENT_MEMBER_LEFT || ev->kind == EVENT_MEMBER_UPDATED ||
	    ev->kind == EVENT_CHANNEL_ARCHIVED || ev->kind == EVENT_CHANNEL_UPDATED ||
	    ev->kind == EVENT_CHANNEL_DELETED)
		authz_forget_channel(hub->authz, &ch->id);
}

/* "es:t:" tenant ":c:" channel */
static bool
hub_parse_topic(const char *topic, struct tenant_id *tenant, struct channel_id *channel)
{
	static const char prefix[] = "es:t:";
	const size_t at = sizeof(prefix) - 1;
	const size_t id = ES_UUID_TEXT - 1;
	char text[ES_UUID_TEXT] = {0};
	struct es_err err;

	if (strlen(topic) != at + id + 3 + id || memcmp(topic, prefix, at) != 0 ||
	    memcmp(topic + at + id, ":c:", 3) != 0)
		return false;
	memcpy(text, topic + at, id);
	return tenant_id_parse(text, tenant, &err) == ES_OK &&
	       channel_id_parse(topic + at + id + 3, channel, &err) == ES_OK;
}

static struct channel *
hub_channel_of(struct hub *hub, const char *topic)
{
	struct tenant_id tenant;
	struct channel_id channel;

	memset(&tenant, 0, sizeof(tenant));
	memset(&channel, 0, sizeof(channel));
	return hub_parse_topic(topic, &tenant, &channel)
	           ? channel_find(hub, &tenant, &channel)
	           : NULL;
}

/* An event that can't be read leaves a hole in the numbers. Compare the channel's head
 * with the database immediately. Otherwise the channel's readers would wait for the next
 * round, up to 30 s. */
static void
hub_odd_event(
    struct hub *hub, struct channel *ch, const char *topic, const struct es_err *err)
{
	unreadable_message_seen(&hub->unreadable, hub->env, topic, err);
	if (ch != NULL)
		channel_check_head(ch);
}

static enum es_code
hub_check_owner(const struct channel *ch, const struct event *ev, struct es_err *err)
{
	if (strcmp(ev->channel.text, ch->id.text) == 0 &&
	    strcmp(ev->tenant.text, ch->tenant.text) == 0)
		return ES_OK;
	return es_fail_field(
	    err, ES_INVALID, "channel", "names another channel than the topic");
}

/* Handles a message on the topic es:t:<tenant>:c:<channel>. The message must name the
 * same tenant and channel. */
static void
hub_channel_message(struct hub *hub, const char *topic, const char *data, size_t len)
{
	struct channel *ch = hub_channel_of(hub, topic);
	struct arena *a = arena_new();
	struct es_err err;
	struct event ev;

	if (event_decode(data, len, a, &ev, &err) != ES_OK)
		hub_odd_event(hub, ch, topic, &err);
	else if (ch == NULL)
		; /* no connection of this worker reads the channel now */
	else if (hub_check_owner(ch, &ev, &err) != ES_OK)
		hub_odd_event(hub, ch, topic, &err);
	else if (ev.kind == EVENT_TYPING)
		typing_event(ch, &ev);
	else if (ev.kind == EVENT_RECEIPT)
		receipts_event(ch, &ev, a);
	else if (ev.kind == EVENT_READ)
		own_reads_event(ch, &ev);
	else {
		hub_trace_event(hub->traces, ch, &ev);
		hub_numbered_event(hub, ch, &ev, a);
	}
	arena_free(&a);
}

void
hub_on_topic_message(struct hub *hub, const char *topic, const char *data, size_t len)
{
	if (strcmp(topic, TOPIC_CONTROL) == 0)
		acl_hint(hub, data, len);
	else
		hub_channel_message(hub, topic, data, len);
}

void
hub_on_topic_subscribed(struct hub *hub, const char *topic)
{
	struct channel *ch = hub_channel_of(hub, topic);

	if (ch != NULL)
		channel_on_confirmed(ch);
}

void
hub_on_topics_state(struct hub *hub, bool up)
{
	hub->topics_up = up;
	if (up)
		acl_poll_soon(hub); /* a hint may have been lost */
}

bool
hub_turn(struct hub *hub)
{
	bool more;

	rights_ask(hub);
	heads_flush(hub);
	more = deliver_turn(hub);
	more = authz_turn(hub) || more;
	if (!more && list_empty(&hub->ready))
		hub_trace_idle(hub->traces);
	return more || !list_empty(&hub->dirty) || !list_empty(&hub->ready);
}

void
hub_tick(struct hub *hub)
{
	rights_ask_tick(hub);
	channel_tick(hub);
	heads_tick(hub);
	pages_tick(hub->pages, hub->env->now_ms);
	acl_tick(hub);
	authz_tick(hub);
}

void
hub_each_second(struct hub *hub)
{
	heads_each_second(hub);
	receipts_flush(hub);
	metrics_gauge_set(
	    hub->env->metrics, PM_LOG_BYTES, (int64_t)chan_logs_bytes(hub->logs));
}
