/* Which pages are of a channel: to forget them without a walk over all pages. */
#ifndef PUSH_PAGE_CHANNELS_H
#define PUSH_PAGE_CHANNELS_H

#include "core/id.h"
#include "core/list.h"
#include "core/table.h"

struct page_channel {
	struct table_node node;
	struct tenant_id tenant;
	struct channel_id id;
	struct list pages;
};

/* NULL: no page is of this channel. */
struct page_channel *page_channels_find(const struct table *channels,
    const struct tenant_id *tenant, const struct channel_id *id);
/* The page of this link is one of the channel. */
struct page_channel *page_channels_join(struct table *channels,
    const struct tenant_id *tenant, const struct channel_id *id, struct list *link);
/* It is no more; with its last page the channel is forgotten. */
void page_channels_leave(
    struct table *channels, struct page_channel *ch, struct list *link);

#endif
