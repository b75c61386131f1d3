#include "core/table.h"

#include <stdlib.h>

#include "core/check.h"

#include "core/banned.h"

#define TABLE_FIRST 8

void
table_init(struct table *t)
{
	*t = (struct table){0};
}

void
table_fini(struct table *t)
{
	free(t->buckets);
	*t = (struct table){0};
}

static struct table_node **
table_bucket(const struct table *t, uint64_t hash)
{
	/* Combine both halves of the hash: the low bits of FNV-1a are weak for short
	 * keys. */
	return &t->buckets[(hash ^ hash >> 32) & (t->n_buckets - 1)];
}

static void
table_grow(struct table *t)
{
	struct table old = *t;

	t->n_buckets = old.n_buckets == 0 ? TABLE_FIRST : old.n_buckets * 2;
	t->buckets = mem_new(t->n_buckets, sizeof(struct table_node *));
	for (size_t i = 0; i < old.n_buckets; i++)
		while (old.buckets[i] != NULL) {
			struct table_node *node = old.buckets[i];
			struct table_node **b = table_bucket(t, node->hash);

			old.buckets[i] = node->next;
			node->next = *b;
			*b = node;
		}
	free(old.buckets);
}

struct table_node *
table_find(const struct table *t, uint64_t hash, table_same *same, const void *key)
{
	struct table_node *node = t->n == 0 ? NULL : *table_bucket(t, hash);

	while (node != NULL && !(node->hash == hash && same(node, key)))
		node = node->next;
	return node;
}

void
table_add(struct table *t, struct table_node *node, uint64_t hash)
{
	struct table_node **b;

	if (t->n >= t->n_buckets)
		table_grow(t);
	node->hash = hash;
	b = table_bucket(t, hash);
	node->next = *b;
	*b = node;
	t->n++;
}

void
table_remove(struct table *t, struct table_node *node)
{
	struct table_node **at = table_bucket(t, node->hash);

	while (*at != node) {
		CHECK(*at != NULL);
		at = &(*at)->next;
	}
	*at = node->next;
	node->next = NULL;
	if (--t->n == 0)
		table_fini(t);
}

struct table_node *
table_next(const struct table *t, const struct table_node *node)
{
	size_t i = 0;

	if (node != NULL) {
		if (node->next != NULL)
			return node->next;
		i = (size_t)(table_bucket(t, node->hash) - t->buckets) + 1;
	}
	while (i < t->n_buckets && t->buckets[i] == NULL)
		i++;
	return i < t->n_buckets ? t->buckets[i] : NULL;
}
