#include "log/page_channels.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

struct page_channels_key {
	struct tenant_id tenant;
	struct channel_id id;
};
_Static_assert(sizeof(struct page_channels_key) == 2 * ES_UUID_TEXT, "no padding");

static bool
page_channels_same(struct table_node *node, const void *key)
{
	const struct page_channel *ch = ES_CONTAINER(node, struct page_channel, node);
	const struct page_channels_key *k = key;

	return memcmp(&ch->id, &k->id, sizeof(k->id)) == 0 &&
	       memcmp(&ch->tenant, &k->tenant, sizeof(k->tenant)) == 0;
}

struct page_channel *
page_channels_find(const struct table *channels, const struct tenant_id *tenant,
    const struct channel_id *id)
{
	const struct page_channels_key key = {*tenant, *id};
	struct table_node *node =
	    table_find(channels, keyed_hash(&key, sizeof(key)), page_channels_same, &key);

	return node == NULL ? NULL : ES_CONTAINER(node, struct page_channel, node);
}

struct page_channel *
page_channels_join(struct table *channels, const struct tenant_id *tenant,
    const struct channel_id *id, struct list *link)
{
	const struct page_channels_key key = {*tenant, *id};
	struct page_channel *ch = page_channels_find(channels, tenant, id);

	if (ch == NULL) {
		ch = mem_new(1, sizeof(*ch));
		ch->tenant = *tenant;
		ch->id = *id;
		list_init(&ch->pages);
		table_add(channels, &ch->node, keyed_hash(&key, sizeof(key)));
	}
	list_add_tail(&ch->pages, link);
	return ch;
}

void
page_channels_leave(struct table *channels, struct page_channel *ch, struct list *link)
{
	list_del(link);
	if (!list_empty(&ch->pages))
		return;
	table_remove(channels, &ch->node);
	free(ch);
}
