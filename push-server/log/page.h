/* History as finished frames in pages of PAGE_EVENTS numbers. A page is read once for all
 * readers that need it. The number of reads under way and the bytes kept are bounded. */
#ifndef PUSH_PAGE_H
#define PUSH_PAGE_H

#include "core/list.h"
#include "log/chan_log.h"
#include "log/removal.h"
#include "store/reader_store.h"

struct page;
struct pages;

struct pages_limits {
	size_t bytes; /* memory budget of all pages */
	/* maximum number of reads under way, in all and of one tenant */
	unsigned reading, per_tenant;
	int64_t keep_ms; /* a page older than this is read again */
};

/* Asks for the events of a channel with after < seq <= to. It is part of its page, so
 * done must not free it. */
struct page_ask {
	struct tenant_id tenant;
	struct channel_id channel;
	int64_t after, to, limit;
	void (*done)(
	    struct page_ask *ask, enum es_code rc, const struct event_page *page);
};

/* The source of the pages. page() returns false when the read can't start now: done is
 * not called. Otherwise done is called exactly once, after page() has returned. */
struct pages_io {
	void *ctx;
	bool (*page)(void *ctx, struct page_ask *ask);
};

struct pages_events {
	void *ctx;
	/* A page was read. The callee must empty the list of its waiters. Not called
	 * after a failed read, which is repeated. */
	void (*arrived)(void *ctx, struct page *page, struct list *waiters);
	/* The channel does not exist. The callee must empty the list of waiters. */
	void (*gone)(void *ctx, struct list *waiters);
};

struct pages *pages_new(const struct pages_limits *limits, const struct pages_io *io,
    const struct pages_events *events);
/* No waiter may be left, and no answer may come after this. */
void pages_free(struct pages **p);

/* Find a page in memory that covers numbers after the cursor. Returns NULL when there is
 * none. */
struct page *pages_find(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t now_ms);
/* Read the page with the numbers after the cursor. Returns its list of waiters, on which
 * the caller puts its entry. needed: the highest number that is known to be committed,
 * which page_behind() compares with the database's head. */
struct list *pages_want(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t needed, int64_t now_ms);
/* Forget the pages of a channel whose numbers were reset. Reads under way are
 * repeated. */
void pages_forget(
    struct pages *p, const struct tenant_id *tenant, const struct channel_id *channel);
/* The event deleted_at has deleted a message: drop the pages that were read before it and
 * may have the message's text. Reads under way that do not see the deletion are
 * repeated. */
void pages_drop_message(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t message_id, int64_t deleted_at);
/* Call about every 250 ms: repeats failed reads and frees pages that are expired or
 * beyond the budget. */
void pages_tick(struct pages *p, int64_t now_ms);

/* Like chan_log_span(), for a page from pages_find(). span.through also passes numbers
 * that have no event. */
struct chan_span page_span(
    const struct page *page, int64_t after, int64_t limit, size_t max);
/* The first removal of the user above the number `above` by an event of the page; NULL if
 * there is none. */
const struct removal *page_removal(
    const struct page *page, const struct user_id *user, int64_t above, bool bans_only);
/* The number of the page's last event that makes the channel private; 0 if none does. */
int64_t page_private_at(const struct page *page);
/* The number of the page's last event that deletes a message; 0 if none does. */
int64_t page_last_deletion(const struct page *page);
/* For pages_events.arrived. page_behind() returns true when the database's head is below
 * `needed`, so the database was restored to an older state. */
const struct tenant_id *page_tenant(const struct page *page);
const struct channel_id *page_channel(const struct page *page);
bool page_behind(const struct page *page);
int64_t page_head(const struct page *page);

#endif
