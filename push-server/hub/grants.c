#include "hub/grants.h"

#include <stdlib.h>
#include <string.h>

#include "core/check.h"
#include "core/list.h"
#include "core/table.h"
#include "crypto/keyed_hash.h"

#include "core/banned.h"

/* The grants of one channel. The struct is freed with its last grant. */
struct grants_channel {
	struct table_node node;
	struct channel_id id;
	struct list grants;
};

struct grant {
	struct table_node node;
	struct list by_age, of_channel;
	struct grants_channel *channel;
	struct rights_key right;
	bool archived, used, asked; /* used, or asked for again, since it was added */
	int64_t version; /* the tenant's acl version in the answer's snapshot */
	int64_t since_ms;
};

struct grants {
	size_t max;
	int64_t keep_ms;
	struct table by_right, channels;
	struct list by_age; /* oldest first */
};

struct grants *
grants_new(size_t max, int64_t keep_ms)
{
	struct grants *g = mem_new(1, sizeof(*g));

	g->max = max;
	g->keep_ms = keep_ms;
	table_init(&g->by_right);
	table_init(&g->channels);
	list_init(&g->by_age);
	return g;
}

static bool
grants_same_right(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct grant, node)->right, key,
		   sizeof(struct rights_key)) == 0;
}

static bool
grants_same_channel(struct table_node *node, const void *key)
{
	return memcmp(&ES_CONTAINER(node, struct grants_channel, node)->id, key,
		   sizeof(struct channel_id)) == 0;
}

static struct grant *
grants_lookup(const struct grants *g, const struct rights_key *right)
{
	struct table_node *node = table_find(
	    &g->by_right, keyed_hash(right, sizeof(*right)), grants_same_right, right);

	return node == NULL ? NULL : ES_CONTAINER(node, struct grant, node);
}

static struct grants_channel *
grants_channel_find(const struct grants *g, const struct channel_id *id)
{
	struct table_node *node = table_find(
	    &g->channels, keyed_hash(id, sizeof(*id)), grants_same_channel, id);

	return node == NULL ? NULL : ES_CONTAINER(node, struct grants_channel, node);
}

static struct grants_channel *
grants_channel_get(struct grants *g, const struct channel_id *id)
{
	struct grants_channel *channel = grants_channel_find(g, id);

	if (channel != NULL)
		return channel;
	channel = mem_new(1, sizeof(*channel));
	channel->id = *id;
	list_init(&channel->grants);
	table_add(&g->channels, &channel->node, keyed_hash(id, sizeof(*id)));
	return channel;
}

static void
grants_remove(struct grants *g, struct grant *grant)
{
	struct grants_channel *channel = grant->channel;

	table_remove(&g->by_right, &grant->node);
	list_del(&grant->by_age);
	list_del(&grant->of_channel);
	free(grant);
	if (!list_empty(&channel->grants))
		return;
	table_remove(&g->channels, &channel->node);
	free(channel);
}

void
grants_free(struct grants **g)
{
	struct list *l;

	if (*g == NULL)
		return;
	while ((l = list_first(&(*g)->by_age)) != NULL)
		grants_remove(*g, LIST_ITEM(l, struct grant, by_age));
	free(*g);
	*g = NULL;
}

void
grants_add(struct grants *g, const struct rights_key *right, const struct rights_row *row,
    int64_t now_ms)
{
	struct grant *grant = grants_lookup(g, right);

	if (grant != NULL)
		grants_remove(g, grant);
	if (g->by_right.n >= g->max)
		grants_remove(g, LIST_ITEM(g->by_age.next, struct grant, by_age));
	grant = mem_new(1, sizeof(*grant));
	grant->right = *right;
	grant->archived = row->archived;
	grant->version = row->acl_version;
	grant->since_ms = now_ms;
	grant->channel = grants_channel_get(g, &right->channel);
	list_init(&grant->of_channel);
	list_add_tail(&grant->channel->grants, &grant->of_channel);
	list_init(&grant->by_age);
	list_add_tail(&g->by_age, &grant->by_age);
	table_add(&g->by_right, &grant->node, keyed_hash(right, sizeof(*right)));
}

bool
grants_find(struct grants *g, const struct rights_key *right, int64_t acl_version,
    int64_t now_ms, bool *out_archived)
{
	struct grant *grant = grants_lookup(g, right);

	if (grant == NULL || now_ms - grant->since_ms > g->keep_ms ||
	    grant->version < acl_version)
		return false;
	grant->used = true;
	*out_archived = grant->archived;
	return true;
}

void
grants_each_to_renew(struct grants *g, int64_t now_ms,
    void (*ask)(void *ctx, const struct rights_key *right), void *ctx)
{
	for (struct list *l = g->by_age.next; l != &g->by_age; l = l->next) {
		struct grant *grant = LIST_ITEM(l, struct grant, by_age);

		if (now_ms - grant->since_ms <= g->keep_ms / 2)
			return;
		if (!grant->used || grant->asked)
			continue;
		grant->asked = true;
		ask(ctx, &grant->right);
	}
}

void
grants_renew(struct grants *g, const struct rights_key *right,
    const struct rights_row *row, int64_t asked_ms, int64_t now_ms)
{
	struct grant *grant = grants_lookup(g, right);

	if (grant == NULL || grant->since_ms >= asked_ms)
		return;
	if (row != NULL)
		grants_add(g, right, row, now_ms);
	else
		grants_remove(g, grant);
}

void
grants_expire(struct grants *g, int64_t now_ms)
{
	struct list *l;

	while ((l = list_first(&g->by_age)) != NULL) {
		struct grant *grant = LIST_ITEM(l, struct grant, by_age);

		if (now_ms - grant->since_ms <= g->keep_ms)
			return;
		grants_remove(g, grant);
	}
}

void
grants_forget_channel(struct grants *g, const struct channel_id *id)
{
	const struct grants_channel *channel;

	while ((channel = grants_channel_find(g, id)) != NULL)
		grants_remove(
		    g, LIST_ITEM(channel->grants.next, struct grant, of_channel));
}

void
grants_forget_tenant(struct grants *g, const struct tenant_id *tenant)
{
	struct list *next;

	for (struct list *l = g->by_age.next; l != &g->by_age; l = next) {
		struct grant *grant = LIST_ITEM(l, struct grant, by_age);

		next = l->next;
		if (strcmp(grant->right.tenant.text, tenant->text) == 0)
			grants_remove(g, grant);
	}
}
