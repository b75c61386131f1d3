/* Forgets pages whose content is no longer valid: the numbers were reset, a message was
 * deleted, or the page is too old. And what a reader of a page asks. */
#include <string.h>

#include "log/page_channels.h"
#include "log/page_state.h"

#include "core/banned.h"

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
		page->fresh_from = 0;
		page->again = true;
		page->read_at_ms = INT64_MIN / 2;
	}
}

/* Drop the pages that have numbers from `from` on and were read when the channel's head
 * was below `deleted_at`. `except` stays. */
static void
page_drop_older(
    struct page_channel *ch, int64_t from, int64_t deleted_at, const struct page *except)
{
	struct list *end = &ch->pages, *next;

	for (struct list *l = end->next; l != end; l = next) {
		struct page *page = LIST_ITEM(l, struct page, of_channel);
		bool last;

		next = l->next;
		last = next == end;
		if (page == except || page->ask.to < from)
			;
		else if (page->state == PAGE_READING && deleted_at > page->fresh_from)
			page->fresh_from = deleted_at;
		else if (page->state == PAGE_READY && page->head < deleted_at)
			page_free(page);
		if (last)
			return; /* page_free() has freed ch with its last page */
	}
}

void
pages_drop_message(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t message_id, int64_t deleted_at)
{
	struct page_channel *ch = page_channels_find(&p->channels, tenant, channel);

	if (ch != NULL)
		page_drop_older(ch, message_id, deleted_at, NULL);
}

void
page_drop_deleted(const struct page *page)
{
	const struct page_frames *f = &page->frames;

	if (f->last_deletion != 0)
		page_drop_older(page->channel, f->first_deleted, f->last_deletion, page);
}

void
page_free_expired(struct pages *p)
{
	struct list *next;

	for (struct list *l = p->ready.next; l != &p->ready; l = next) {
		struct page *page = LIST_ITEM(l, struct page, place);

		next = l->next;
		if (p->now_ms - page->read_at_ms > p->limits.keep_ms)
			page_free(page);
	}
}

struct chan_span
page_span(const struct page *page, int64_t after, int64_t limit, size_t max)
{
	return page_frames_span(&page->frames, page->through, after, limit, max);
}

const struct removal *
page_removal(
    const struct page *page, const struct user_id *user, int64_t above, bool bans_only)
{
	for (unsigned i = 0; i < page->frames.n_removals; i++) {
		const struct removal *one = &page->frames.removals[i];

		if (one->seq > above && (one->banned || !bans_only) &&
		    strcmp(one->user.text, user->text) == 0)
			return one;
	}
	return NULL;
}

int64_t
page_private_at(const struct page *page)
{
	return page->frames.private_at;
}

int64_t
page_last_deletion(const struct page *page)
{
	return page->frames.last_deletion;
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
