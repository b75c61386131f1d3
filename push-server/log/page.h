/* History as finished frames in aligned pages: each read once for all who need it,
 * bounded in number under way and in bytes kept. */
#ifndef PUSH_PAGE_H
#define PUSH_PAGE_H

#include "core/list.h"
#include "log/chan_log.h"
#include "store/sync_store.h"

struct page;
struct pages;

struct pages_limits {
	size_t bytes;                 /* of all pages kept */
	unsigned reading, per_tenant; /* reads under way at a time */
	int64_t keep_ms;              /* a page older than this is read again */
};

/* The events after < seq <= to of a channel. Part of the page that wants them. */
struct page_ask {
	struct tenant_id tenant;
	struct channel_id channel;
	int64_t after, to, limit;
	void (*done)(struct page_ask *ask, enum es_code rc, const struct sync_page *page);
};

/* Where pages are read from. False: it can't be asked now, and done is not called;
 * otherwise done is called exactly once, never from inside. */
struct pages_io {
	void *ctx;
	bool (*page)(void *ctx, struct page_ask *ask);
};

struct pages_events {
	void *ctx;
	/* The page was read: the listener empties the list of those who wait for it. A
	 * read that failed is repeated and not told. */
	void (*arrived)(void *ctx, struct page *page, struct list *waiters);
};

struct pages *pages_new(const struct pages_limits *limits, const struct pages_io *io,
    const struct pages_events *events);
/* Nobody waits any more; answers under way must not come after this. */
void pages_free(struct pages **p);

/* A page at hand that has something after the cursor, or NULL. */
struct page *pages_find(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t now_ms);
/* Read the page that goes on after the cursor; returns the list of those who wait for it.
 * needed: the numbers up to this are known to be committed. */
struct list *pages_want(struct pages *p, const struct tenant_id *tenant,
    const struct channel_id *channel, int64_t after, int64_t needed, int64_t now_ms);
/* Forget what is known of a channel; reads under way are repeated. */
void pages_forget(
    struct pages *p, const struct tenant_id *tenant, const struct channel_id *channel);
/* Repeat what failed. */
void pages_tick(struct pages *p, int64_t now_ms);

/* As chan_log_span, for a page that pages_find gave. through also passes numbers that
 * carry no event. */
struct chan_span page_span(
    const struct page *page, int64_t after, int64_t limit, size_t max);
/* The smallest number above `above` at which the user lost its membership; else
 * INT64_MAX. */
int64_t page_removal(const struct page *page, const struct user_id *user, int64_t above);
/* For arrived: what the page is of, and whether the database is behind what it should
 * have. */
const struct tenant_id *page_tenant(const struct page *page);
const struct channel_id *page_channel(const struct page *page);
bool page_behind(const struct page *page);
int64_t page_head(const struct page *page);

#endif
