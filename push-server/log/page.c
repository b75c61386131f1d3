#include "log/page.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"
#include "log/page_channels.h"
#include "log/page_state.h"

#include "core/banned.h"

#define PAGE_GRACE_MS \
	1000 /* a new page stays for this time, so that its waiters can read it */
#define PAGE_RETRY_MS 500

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

void
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
	} else if (rc != ES_OK || page->again || from->head < page->fresh_from) {
		/* Ask for a younger answer only once: a restored database may never
		 * reach that number again. */
		if (rc == ES_OK)
			page->fresh_from = 0;
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
		page_drop_deleted(page);
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
pages_tick(struct pages *p, int64_t now_ms)
{
	p->now_ms = now_ms;
	page_free_expired(p);
	page_keep_budget(p);
	page_retry_due(p);
	page_start_reads(p);
}
