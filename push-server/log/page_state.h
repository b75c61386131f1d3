/* The fields of a page and of the table of pages, for page.c and page_drop.c. */
#ifndef PUSH_PAGE_STATE_H
#define PUSH_PAGE_STATE_H

#include "core/table.h"
#include "log/page.h"
#include "log/page_frames.h"
#include "log/page_queue.h"

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
	/* An answer to the read under way is too old when its head is below this number:
	 * it may have the text of a message that was deleted meanwhile. 0: any answer is
	 * good. */
	int64_t fresh_from;
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

/* Free the page, which must have no waiter. */
void page_free(struct page *page);
/* The page was read and has deletions of messages: drop the pages of its channel that
 * were read before these deletions and have the messages' texts. */
void page_drop_deleted(const struct page *page);
/* Free the pages that are too old to be used again. They may have texts of messages that
 * were deleted since. */
void page_free_expired(struct pages *p);

#endif
