#include "log/page.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"
#include "log/page_channels.h"
#include "log/page_frames.h"
#include "log/page_queue.h"

#include "core/banned.h"

#define PAGE_GRACE_MS \
	1000 /* a new page stays for this time, so that its waiters can read it */
#define PAGE_RETRY_MS 500

enum page_state { PAGE_QUEUED, PAGE_READING, PAGE_READY };

struct page_key {
	struct tenant_id tenant;
	struct channel_id channel;
	int64_t number;
};

struct page {
	struct table_node node;
	struct pages *pages;
	struct page_key key;
	enum page_state state;
	struct list place;      /* on the list of its state */
	struct list of_channel; /* on channel->pages */
	struct page_channel *channel;
	struct list waiters;
	struct page_ask ask;
	bool again; /* pages_forget() was called during the read */
	int64_t retry_at_ms, read_at_ms;
	int64_t needed, through, head;
	struct page_frames frames;
};
_Static_assert(sizeof(struct page) <= 2048, "a page is small beside its frames");

struct pages {
	struct pages_limits limits;
	struct pages_io io;
	struct pages_events events;
	struct table table, channels;
	struct page_queue queue;    /* PAGE_QUEUED, to be read when the limits allow */
	struct list retry;          /* PAGE_QUEUED after a failure, the oldest first */
	struct list reading, ready; /* ready: least recently used first */
	size_t bytes;
	int64_t now_ms;
};

struct pages *
pages_new(const struct pages_limits *limits, const struct pages_io *io,
    const struct pages_events *events)
{
	struct pages *p = mem_new(1, sizeof(*p));

	p->limits = *limits;
	p->io = *io;
	p->events = *events;
	table_init(&p->table);
	table_init(&p->channels);
	page_queue_init(&p->queue, limits->reading, limits->per_tenant);
	list_init(&p->retry);
	list_init(&p->reading);
	list_init(&p->ready);
	return p;
}

static void
page_drop_content(struct page *page)
{
	page->pages->bytes -= page_frames_bytes(&page->frames);
	page_frames_clear(&page->frames);
}

static void
page_free(struct page *page)
{
	struct pages *p = page->pages;

	CHECK(list_empty(&page->waiters));
	page_drop_content(page);
	p->bytes -= sizeof(*page);
	if (page->state == PAGE_QUEUED && page->retry_at_ms == 0)
		page_queue_remove(&p->queue, &page->key.tenant, &page->place);
	else
		list_del(&page->place);
	page_channels_leave(&p->channels, page->channel, &page->of_channel);
	table_remove(&p->table, &page->node);
	free(page);
}

void
pages_free(struct pages **p)
{
	struct table_node *node;

	if (*p == NULL)
		return;
	while ((node = table_next(&(*p)->table, NULL)) != NULL) {
		struct page *page = ES_CONTAINER(node, struct page, node);

		list_init(&page->waiters);
		if (page->state == PAGE_READING)
			page_queue_done(&(*p)->queue, &page->key.tenant);
		page_free(page);
	}
	page_queue_fini(&(*p)->queue);
	table_fini(&(*p)->table);
	table_fini(&(*p)->channels);
	free(*p);
	*p = NULL;
}

static bool
page_same_page(struct table_node *node, const void *key)
{
	const struct page *page = ES_CONTAINER(node, struct page, node);
	const struct page_key *k = key;

	return page->key.number == k->number &&
	       memcmp(&page->key.channel, &k->channel, sizeof(k->channel)) == 0 &&
	       memcmp(&page->key.tenant, &k->tenant, sizeof(k->tenant)) == 0;
}

static struct page_key
page_key_of(
    const struct tenant_id *tenant, const struct channel_id *channel, int64_t after)
{
	struct page_key key;

	memset(&key, 0, sizeof(key)); /* it is hashed with its padding */
	key.tenant = *tenant;
	key.channel = *channel;
	key.number = after / PAGE_EVENTS;
	return key;
}

static struct page *
page_lookup(const struct pages *p, const struct page_key *key)
{
	struct table_node *node =
	    table_find(&p->table, keyed_hash(key, sizeof(*key)), page_same_page, key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct page, node);
}

/* Frees the least recently used pages until the rest fits the budget. The newest page
 * stays for PAGE_GRACE_MS even if it alone exceeds the budget. Without the grace time the
 * page could be freed before its waiters see it, and be read again and again. */
static void
page_keep_budget(struct pages *p)
{
	struct list *l;

	while (p->bytes > p->limits.bytes && (l = list_first(&p->ready)) != NULL) {
		struct page *oldest = LIST_ITEM(l, struct page, place);
		const bool fresh = p->now_ms - oldest->read_at_ms < PAGE_GRACE_MS;

		if (fresh && (p->bytes <= 2 * p->limits.bytes || l->next == &p->ready))
			return;
		page_free(oldest);
	}
}

struct page *
pages_find(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t now_ms)
{
	const struct page_key key = page_key_of(tenant, channel, after);
	struct page *page = page_lookup(p, &key);

	if (page == NULL || page->state != PAGE_READY || page->through <= after ||
	    now_ms - page->read_at_ms > p->limits.keep_ms)
		return NULL;
	list_move_tail(&p->ready, &page->place);
	return page;
}

/* Put a page on the retry list: its read could not start or has failed. */
static void
page_retry(struct page *page)
{
	page->state = PAGE_QUEUED;
	page->retry_at_ms = page->pages->now_ms + PAGE_RETRY_MS;
	list_move_tail(&page->pages->retry, &page->place);
}

/* Start the reads that the limits allow now. */
static void
page_start_reads(struct pages *p)
{
	struct list *l;

	while ((l = page_queue_take(&p->queue)) != NULL) {
		struct page *page = LIST_ITEM(l, struct page, place);

		page->again = false;
		page->state = PAGE_READING;
		list_add_tail(&p->reading, &page->place);
		if (p->io.page(p->io.ctx, &page->ask))
			continue;
		page_queue_done(&p->queue, &page->key.tenant);
		page_retry(page);
		return; /* no read can start now; pages_tick() tries again */
	}
}

static void
page_enqueue(struct page *page)
{
	page->state = PAGE_QUEUED;
	page->retry_at_ms = 0;
	list_del(&page->place);
	page_queue_add(&page->pages->queue, &page->key.tenant, &page->place);
}

/* Every page on the list waits PAGE_RETRY_MS, so the first one is due first. */
static void
page_retry_due(struct pages *p)
{
	struct list *l;

	while ((l = list_first(&p->retry)) != NULL) {
		struct page *page = LIST_ITEM(l, struct page, place);

		if (page->retry_at_ms > p->now_ms)
			return;
		page_enqueue(page);
	}
}

static void
page_fill(struct page *page, const struct event_page *from)
{
	struct arena *a = arena_new();

	CHECK(from->n <= PAGE_EVENTS);
	for (size_t i = 0; i < from->n; i++)
		page_frames_add(&page->frames, &from->events[i], a);
	arena_free(&a);
	page->pages->bytes += page_frames_bytes(&page->frames);
	page->through = from->through;
	page->head = from->head;
}

static void
page_done(struct page_ask *ask, enum es_code rc, const struct event_page *from)
{
	struct page *page = ES_CONTAINER(ask, struct page, ask);
	struct pages *p = page->pages;

	CHECK(page->state == PAGE_READING);
	page_queue_done(&p->queue, &page->key.tenant);
	if (rc == ES_NOT_FOUND && !page->again) {
		p->events.gone(p->events.ctx, &page->waiters);
		page_free(page);
	} else if (rc != ES_OK || page->again) {
		if (rc != ES_OK)
			page_retry(page);
		else
			page_enqueue(page);
		if (list_empty(&page->waiters))
			page_free(page);
	} else {
		page_fill(page, from);
		page->state = PAGE_READY;
		page->read_at_ms = p->now_ms;
		list_move_tail(&p->ready, &page->place);
		p->events.arrived(p->events.ctx, page, &page->waiters);
	}
	page_keep_budget(p);
	page_start_reads(p);
}

static struct page *
page_new(struct pages *p, const struct page_key *key)
{
	struct page *page = mem_new(1, sizeof(*page));

	page->pages = p;
	page->key = *key;
	list_init(&page->place);
	list_init(&page->waiters);
	list_init(&page->of_channel);
	page->ask = (struct page_ask){.tenant = key->tenant,
	    .channel = key->channel,
	    .after = key->number * PAGE_EVENTS,
	    .to = (key->number + 1) * PAGE_EVENTS,
	    .limit = PAGE_EVENTS,
	    .done = page_done};
	p->bytes += sizeof(*page);
	table_add(&p->table, &page->node, keyed_hash(key, sizeof(*key)));
	page->channel = page_channels_join(
	    &p->channels, &page->key.tenant, &page->key.channel, &page->of_channel);
	return page;
}

struct list *
pages_want(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t needed, int64_t now_ms)
{
	const struct page_key key = page_key_of(tenant, channel, after);
	struct page *page = page_lookup(p, &key);

	p->now_ms = now_ms;
	if (page == NULL)
		page = page_new(p, &key);
	if (page->state == PAGE_READY || list_empty(&page->place)) {
		page_drop_content(page);
		page->needed = needed;
		page_enqueue(page);
	}
	page_start_reads(p);
	return &page->waiters;
}

void
pages_forget(
    struct pages *p, const struct tenant_id *tenant, const struct channel_id *channel)
{
	struct page_channel *ch = page_channels_find(&p->channels, tenant, channel);

	if (ch == NULL)
		return;
	for (struct list *l = ch->pages.next; l != &ch->pages; l = l->next) {
		struct page *page = LIST_ITEM(l, struct page, of_channel);

		page->needed = 0; /* the old value is from before the reset */
		page->again = true;
		page->read_at_ms = INT64_MIN / 2;
	}
}

void
pages_tick(struct pages *p, int64_t now_ms)
{
	p->now_ms = now_ms;
	page_keep_budget(p);
	page_retry_due(p);
	page_start_reads(p);
}

struct chan_span
page_span(const struct page *page, int64_t after, int64_t limit, size_t max)
{
	return page_frames_span(&page->frames, page->through, after, limit, max);
}

int64_t
page_removal(
    const struct page *page, const struct user_id *user, int64_t above, bool bans_only)
{
	for (unsigned i = 0; i < page->frames.n_removals; i++)
		if (page->frames.removals[i].seq > above &&
		    (page->frames.removals[i].banned || !bans_only) &&
		    strcmp(page->frames.removals[i].user.text, user->text) == 0)
			return page->frames.removals[i].seq;
	return INT64_MAX;
}

int64_t
page_private_at(const struct page *page)
{
	return page->frames.private_at;
}

const struct tenant_id *
page_tenant(const struct page *page)
{
	return &page->key.tenant;
}

const struct channel_id *
page_channel(const struct page *page)
{
	return &page->key.channel;
}

bool
page_behind(const struct page *page)
{
	return page->head < page->needed;
}

int64_t
page_head(const struct page *page)
{
	return page->head;
}
