/* The pages of each channel, so that pages_forget() need not walk over all pages. */
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

/* Returns NULL when the channel has no page. */
struct page_channel *page_channels_find(const struct table *channels,
    const struct tenant_id *tenant, const struct channel_id *id);
/* Put a page, by its link, on the channel's list. Makes the channel for its first
 * page. */
struct page_channel *page_channels_join(struct table *channels,
    const struct tenant_id *tenant, const struct channel_id *id, struct list *link);
/* Take a page off the channel's list. Frees the channel with its last page. */
void page_channels_leave(
    struct table *channels, struct page_channel *ch, struct list *link);

#endif
